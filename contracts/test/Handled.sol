// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Base} from "./Base.sol";
import {Handler} from "./Handler.sol";

/// @dev Twelve accounts, six of them with roles, behind one handler that knows all of them.
abstract contract Handled is Base {
    Handler internal handler;
    address[] internal actors;

    function setUp() public override {
        super.setUp();
        delete actors;
        uint8[] memory roles = new uint8[](12);
        for (uint160 i = 0; i < 12; ++i) actors.push(address(0xAC00 + i));
        (roles[0], roles[1], roles[2], roles[3]) = (ALL, ALL, ADMIN | ANCHORER, REVOKER);
        (roles[4], roles[5]) = (ANCHORER, ADMIN);
        for (uint256 i = 0; i < 6; ++i) grant(actors[i], roles[i]);
        address[3] memory others = [alice, rita, admin];
        for (uint256 i = 0; i < 3; ++i) {
            vm.prank(actors[0]);
            anchors.setRoles(others[i], 0);
        }
        handler = new Handler(anchors, actors, roles);
    }
}
