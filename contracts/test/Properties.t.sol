// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Base} from "./Base.sol";
import {ModelAnchor} from "../ModelAnchor.sol";

/// @dev What these proofs use of Halmos' own cheat codes.
interface Svm {
    function createCalldata(string calldata contractName) external pure returns (bytes memory data);
}

/// @dev Proved by Halmos for every sender, argument and time, not for samples: the parameters of a `check_` function
/// are symbols, and so is the call. Arrays have up to two items; SHA-256 stands for any function.
contract PropertiesTest is Base {
    Svm private constant svm = Svm(0xF3993A62377BCd56AE39D773740A5390411E8BC9);
    address private constant alice = address(0xA2);
    bytes32 private constant S = keccak256("statement");

    /// @dev Two accounts with roles are enough to tell them from the rest, and few enough to try every pair.
    function setUp() public override {
        super.setUp();
        vm.prank(admin);
        anchors.setRoles(alice, ANCHORER);
    }

    /// @dev Halmos reads no artifacts.
    function deploy(address first) internal override returns (ModelAnchor) {
        return new ModelAnchor(first);
    }

    /// @dev Any call of any function that can change anything, by anyone at any later time; whether it is accepted does
    /// not matter. Of trees with more than two leaves there is no proof here: the way up is a loop.
    function make(address by, uint40 time) private {
        bytes memory data = svm.createCalldata("ModelAnchor");
        vm.assume(bytes4(data) != anchors.revokeLeaf.selector || uint256(wordOf(data, 1)) <= 2);
        vm.assume(time >= NOW);
        vm.warp(time);
        vm.prank(by);
        (bool done,) = address(anchors).call(data);
        done;
    }

    function wordOf(bytes memory data, uint256 place) private pure returns (bytes32 word) {
        assembly {
            word := mload(add(add(data, 36), mul(32, place)))
        }
    }

    function anchor(bytes32 statement) private {
        vm.prank(alice);
        anchors.anchor(statement, S, 1, none());
    }

    function compromise(address account, uint40 since) private {
        vm.prank(admin);
        anchors.markCompromised(account, since);
    }

    function check_every_field_of_a_record_comes_back(bytes32 s, bytes32 f, uint8 kind, uint40 time, uint32 number)
        external
    {
        vm.warp(time);
        vm.roll(number);
        vm.prank(alice);
        anchors.anchor(s, f, kind, none());
        (address anchorer, uint40 foundTime, uint32 foundNumber, uint8 foundKind, uint16 flags) = anchors.records(s);
        assert(anchorer == alice && foundTime == time && foundNumber == number && foundKind == kind && flags == 0);
        assert(kind > 0 && kind < 254 && s != 0 && f != 0);
    }

    function check_a_record_changes_by_its_revocation_alone(address by, uint40 time) external {
        anchor(S);
        uint256 before = slotOf(S, 0);
        make(by, time);
        uint256 afterwards = slotOf(S, 0);
        assert(afterwards == before || (afterwards << 16 == before << 16 && afterwards >> 240 & 1 == 1));
    }

    function check_a_revocation_is_final(address by, uint40 time) external {
        anchor(S);
        vm.prank(alice);
        anchors.revoke(S, 3, 0);
        uint256 before = slotOf(S, 0);
        make(by, time);
        assert(slotOf(S, 0) == before);
    }

    function check_a_new_record_is_of_a_key_that_may_write(address by, uint40 time, bytes32 key) external {
        make(by, time);
        uint256 record = slotOf(key, 0);
        address anchorer = address(uint160(record));
        assert(record == 0 || anchorer == alice || anchorer == admin);
    }

    function check_only_an_admin_changes_keys(address by, uint40 time, address whose) external {
        vm.assume(by != admin);
        uint256 before = keySlotOf(whose);
        make(by, time);
        assert(keySlotOf(whose) == before);
    }

    function check_a_compromise_never_heals(address by, uint40 time) external {
        compromise(alice, NOW - 5);
        make(by, time);
        (, uint40 since) = anchors.keys(alice);
        assert(since != 0 && since <= NOW - 5);
    }

    function check_a_compromised_key_gets_no_role(address by, uint40 time) external {
        compromise(alice, NOW);
        make(by, time);
        (uint8 roles,) = anchors.keys(alice);
        assert(roles == ANCHORER || roles == 0);
    }

    function check_a_compromised_key_changes_nothing(uint40 time, bytes32 key, address whose) external {
        anchor(S);
        compromise(alice, NOW);
        (uint256 before, uint256 keyBefore) = (slotOf(key, 0), keySlotOf(whose));
        make(alice, time);
        assert(slotOf(key, 0) == before && keySlotOf(whose) == keyBefore);
    }

    /// @dev Hence the lineage holds no cycle.
    function check_a_parent_was_here_before_its_child(bytes32 child, bytes32 parent) external {
        anchor(S);
        anchor(keccak256("another"));
        (uint256 childBefore, uint256 parentBefore) = (slotOf(child, 0), slotOf(parent, 0));
        bytes32[] memory parents = new bytes32[](1);
        parents[0] = parent;
        vm.prank(alice);
        anchors.anchor(child, S, 1, parents);
        assert(childBefore == 0 && parentBefore != 0);
    }

    function check_there_is_always_an_admin(address by, uint40 time) external {
        make(by, time);
        assert(anchors.admins() >= 1);
    }
}
