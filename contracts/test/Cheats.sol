// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ModelAnchor} from "../ModelAnchor.sol";

/// @dev What these tests use of Forge's cheat codes.
interface Vm {
    function assume(bool condition) external pure;
    function expectEmit(bool topic1, bool topic2, bool topic3, bool data) external;
    function expectRevert(bytes calldata reason) external;
    function getCode(string calldata artifact) external view returns (bytes memory);
    function load(address account, bytes32 slot) external view returns (bytes32);
    function prank(address sender) external;
    function roll(uint256 blockNumber) external;
    function warp(uint256 time) external;
}

/// @dev What tests say and read, whoever set the contract up.
abstract contract Cheats {
    Vm internal constant vm = Vm(0x7109709ECfa91a80626fF3989D68f67F5b1DD12D);

    uint8 internal constant ADMIN = 1;
    uint8 internal constant ANCHORER = 2;
    uint8 internal constant REVOKER = 4;
    uint8 internal constant ALL = 7;
    uint40 internal constant NOW = 1_800_000_000;

    address internal constant admin = address(0xA1);
    address internal constant alice = address(0xA2);
    address internal constant rita = address(0xA4);
    address internal constant fresh = address(0xF1);
    address internal constant stranger = address(0xFF);

    ModelAnchor internal anchors;

    error Differs(string what, bytes32 found, bytes32 expected);

    // Expecting

    /// @dev The very next call is refused with exactly this error.
    function refused(bytes memory reason) internal {
        vm.expectRevert(reason);
    }

    /// @dev The very next call emits the event that follows this line.
    function emits() internal {
        vm.expectEmit(true, true, true, true);
    }

    function missing(address account, uint8 role) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(ModelAnchor.MissingRole.selector, account, role);
    }

    function unusable(address account, uint40 since) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(ModelAnchor.KeyUnusable.selector, account, since);
    }

    function same(string memory what, uint256 found, uint256 expected) internal pure {
        if (found != expected) revert Differs(what, bytes32(found), bytes32(expected));
    }

    function same(string memory what, address found, address expected) internal pure {
        same(what, uint160(found), uint160(expected));
    }

    function same(string memory what, bytes32 found, bytes32 expected) internal pure {
        same(what, uint256(found), uint256(expected));
    }

    function holds(string memory what, bool condition) internal pure {
        same(what, condition ? 1 : 0, 1);
    }

    // Reading

    function rolesOf(address account) internal view returns (uint8 roles) {
        (roles,) = anchors.keys(account);
    }

    function sinceOf(address account) internal view returns (uint40 since) {
        (, since) = anchors.keys(account);
    }

    function flagsOf(bytes32 statement) internal view returns (uint16 flags) {
        (,,,, flags) = anchors.records(statement);
    }

    function anchorerOf(bytes32 statement) internal view returns (address anchorer) {
        (anchorer,,,,) = anchors.records(statement);
    }

    // Making

    /// @dev Taken from the built artifact and not compiled into each test, so that a mutant can be put there.
    function creation(address first) internal view returns (bytes memory) {
        return abi.encodePacked(vm.getCode("ModelAnchor.sol:ModelAnchor"), abi.encode(first));
    }

    function create(bytes memory code) internal returns (ModelAnchor made) {
        assembly {
            made := create(0, add(code, 32), mload(code))
            if iszero(made) {
                returndatacopy(0, 0, returndatasize())
                revert(0, returndatasize())
            }
        }
    }

    function none() internal pure returns (bytes32[] memory) {}

    function list(bytes32 one) internal pure returns (bytes32[] memory made) {
        made = new bytes32[](1);
        made[0] = one;
    }

    /// @dev In ascending order.
    function list(bytes32 one, bytes32 two) internal pure returns (bytes32[] memory made) {
        made = new bytes32[](2);
        (made[0], made[1]) = one < two ? (one, two) : (two, one);
    }

    function treeId(bytes32 root, uint64 size) internal pure returns (bytes32) {
        return sha256(abi.encodePacked(uint8(2), size, root));
    }

    function people(address one) internal pure returns (address[] memory made) {
        made = new address[](1);
        made[0] = one;
    }

    function bound(uint256 value, uint256 low, uint256 high) internal pure returns (uint256) {
        return low + value % (high - low + 1);
    }
}
