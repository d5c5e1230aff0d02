// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Cheats} from "./Cheats.sol";

/// @dev A contract with an admin (every role) and one account for each single role; time begins at NOW, block 100.
abstract contract Base is Cheats {
    function setUp() public virtual {
        vm.warp(NOW);
        vm.roll(100);
        anchors = create(creation(admin));
        grant(alice, ANCHORER);
        grant(rita, REVOKER);
    }

    // Acting

    function grant(address account, uint8 roles) internal {
        vm.prank(admin);
        anchors.setRoles(account, roles);
    }

    function anchorAs(address by, bytes32 statement, bytes32[] memory parents) internal {
        vm.prank(by);
        anchors.anchor(statement, keccak256(abi.encode(statement)), 1, parents);
    }

    function anchorAs(address by, bytes32 statement) internal {
        anchorAs(by, statement, none());
    }

    function compromise(address account, uint40 since) internal {
        vm.prank(admin);
        anchors.markCompromised(account, since);
    }
}
