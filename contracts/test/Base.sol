// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ModelAnchor} from "../ModelAnchor.sol";

/// @dev What these tests use of Forge's cheat codes.
interface Vm {
    struct Log {
        bytes32[] topics;
        bytes data;
        address emitter;
    }

    function assertEq(bytes calldata left, bytes calldata right, string calldata what) external pure;
    function assertEq(uint256 left, uint256 right, string calldata what) external pure;
    function assertTrue(bool condition, string calldata what) external pure;
    function assume(bool condition) external pure;
    function deployCode(string calldata artifact, bytes calldata arguments) external returns (address);
    function expectRevert(bytes calldata reason) external;
    function getRecordedLogs() external returns (Log[] memory logs);
    function load(address account, bytes32 slot) external view returns (bytes32);
    function prank(address sender) external;
    function recordLogs() external;
    function roll(uint256 blockNumber) external;
    function warp(uint256 time) external;
}

/// @dev A contract whose admin has every role, made at NOW in block 100.
abstract contract Base {
    Vm internal constant vm = Vm(0x7109709ECfa91a80626fF3989D68f67F5b1DD12D);

    uint8 internal constant ADMIN = 1;
    uint8 internal constant ANCHORER = 2;
    uint8 internal constant ALL = 7;
    uint40 internal constant NOW = 1_800_000_000;

    address internal constant admin = address(0xAC01);

    ModelAnchor internal anchors;

    function setUp() public virtual {
        vm.warp(NOW);
        vm.roll(100);
        anchors = deploy(admin);
    }

    /// @dev Taken from the built artifact and not compiled into each test, so that a mutant can be put there.
    function deploy(address first) internal virtual returns (ModelAnchor) {
        return ModelAnchor(vm.deployCode("ModelAnchor.sol:ModelAnchor", abi.encode(first)));
    }

    /// @dev What stands in the contract's storage under the key of its first (0) or second (1) mapping.
    function slotOf(bytes32 key, uint256 place) internal view returns (uint256) {
        return uint256(vm.load(address(anchors), keccak256(abi.encode(key, place))));
    }

    function keySlotOf(address account) internal view returns (uint256) {
        return slotOf(bytes32(uint256(uint160(account))), 1);
    }

    function none() internal pure returns (bytes32[] memory) {}
}
