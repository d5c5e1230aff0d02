// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Base} from "./Base.sol";
import {ModelAnchor} from "../ModelAnchor.sol";

contract AnchorTest is Base {
    bytes32 private constant S = keccak256("statement");
    bytes32 private constant F = keccak256("subject");

    function test_a_record_says_who_when_where_and_what() public {
        vm.prank(alice);
        emits();
        emit ModelAnchor.Anchored(S, F, alice, 7, NOW);
        anchors.anchor(S, F, 7, none());

        (address anchorer, uint40 time, uint32 number, uint8 kind, uint16 flags) = anchors.records(S);
        same("anchorer", anchorer, alice);
        same("time", time, NOW);
        same("block", number, 100);
        same("kind", kind, 7);
        same("flags", flags, 0);
        same("status", anchors.status(S), 1);
    }

    function test_a_record_is_one_packed_slot_of_mapping_0() public {
        anchorAs(alice, S);
        uint256 packed = uint256(vm.load(address(anchors), keccak256(abi.encode(S, uint256(0)))));
        same("slot", packed, uint256(1) << 232 | uint256(100) << 200 | uint256(NOW) << 160 | uint160(alice));
    }

    function test_nothing_is_known_of_a_statement_not_here() public view {
        same("anchorer", anchorerOf(S), address(0));
        same("status", anchors.status(S), 0);
    }

    function testFuzz_the_first_writer_wins(bytes32 statement, uint40 later) public {
        vm.assume(statement != 0);
        grant(fresh, ANCHORER);
        anchorAs(alice, statement);
        vm.warp(uint256(NOW) + later % 1e9);
        vm.prank(fresh);
        refused(abi.encodeWithSelector(ModelAnchor.AlreadyAnchored.selector, statement, alice, NOW));
        anchors.anchor(statement, F, 2, none());
        same("anchorer", anchorerOf(statement), alice);
    }

    function testFuzz_every_field_comes_back(bytes32 statement, uint8 kind, uint40 time, uint32 number) public {
        vm.assume(statement != 0 && kind != 0 && kind < 254);
        vm.warp(time);
        vm.roll(number);
        vm.prank(alice);
        anchors.anchor(statement, F, kind, none());
        (address anchorer, uint40 foundTime, uint32 foundBlock, uint8 foundKind,) = anchors.records(statement);
        same("anchorer", anchorer, alice);
        same("time", foundTime, time);
        same("block", foundBlock, number);
        same("kind", foundKind, kind);
    }

    function testFuzz_only_an_anchorer_writes(address by, uint8 roles) public {
        vm.assume(by != address(0) && by != admin && by != alice);
        roles = roles & ALL & ~ANCHORER;
        grant(by, roles);
        vm.prank(by);
        refused(missing(by, ANCHORER));
        anchors.anchor(S, F, 1, none());
        vm.prank(by);
        refused(missing(by, ANCHORER));
        anchors.anchorTree(S, 1);
    }

    function test_the_zero_digest_is_refused() public {
        vm.prank(alice);
        refused(abi.encodeWithSelector(ModelAnchor.ZeroDigest.selector));
        anchors.anchor(0, F, 1, none());
        vm.prank(alice);
        refused(abi.encodeWithSelector(ModelAnchor.ZeroDigest.selector));
        anchors.anchor(S, 0, 1, none());
    }

    function test_reserved_kinds_cannot_be_written_by_hand() public {
        uint8[3] memory reserved = [0, 254, 255];
        for (uint256 i = 0; i < 3; ++i) {
            vm.prank(alice);
            refused(abi.encodeWithSelector(ModelAnchor.ReservedKind.selector, reserved[i]));
            anchors.anchor(S, F, reserved[i], none());
        }
        vm.prank(alice);
        anchors.anchor(S, F, 253, none());
    }

    // Parents

    function test_a_child_names_its_parents_in_order() public {
        bytes32[] memory parents = list(keccak256("a"), keccak256("b"));
        anchorAs(alice, parents[0]);
        anchorAs(alice, parents[1]);
        vm.prank(alice);
        emits();
        emit ModelAnchor.Anchored(S, F, alice, 1, NOW);
        emits();
        emit ModelAnchor.Derived(parents[0], S);
        emits();
        emit ModelAnchor.Derived(parents[1], S);
        anchors.anchor(S, F, 1, parents);
    }

    function testFuzz_parents_are_a_set_in_ascending_order(bytes32 one, bytes32 two) public {
        vm.assume(one != 0 && two != 0 && one != S && two != S && one != two);
        anchorAs(alice, one);
        anchorAs(alice, two);
        bytes32[] memory parents = list(one, two);
        (parents[0], parents[1]) = (parents[1], parents[0]);
        vm.prank(alice);
        refused(abi.encodeWithSelector(ModelAnchor.ParentsUnordered.selector, parents[1]));
        anchors.anchor(S, F, 1, parents);
        parents[1] = parents[0];
        vm.prank(alice);
        refused(abi.encodeWithSelector(ModelAnchor.ParentsUnordered.selector, parents[1]));
        anchors.anchor(S, F, 1, parents);
        same("status", anchors.status(S), 0);
    }

    function test_the_zero_digest_is_no_parent() public {
        vm.prank(alice);
        refused(abi.encodeWithSelector(ModelAnchor.ParentsUnordered.selector, bytes32(0)));
        anchors.anchor(S, F, 1, list(0));
    }

    function testFuzz_a_parent_must_be_here(bytes32 parent) public {
        vm.assume(parent != 0);
        vm.prank(alice);
        refused(abi.encodeWithSelector(ModelAnchor.ParentUnusable.selector, parent, 0));
        anchors.anchor(S, F, 1, list(parent));
    }

    function test_nothing_is_its_own_parent() public {
        vm.prank(alice);
        refused(abi.encodeWithSelector(ModelAnchor.ParentUnusable.selector, S, 0));
        anchors.anchor(S, F, 1, list(S));
    }

    function test_a_revoked_statement_is_no_parent() public {
        bytes32 parent = keccak256("parent");
        anchorAs(alice, parent);
        vm.prank(alice);
        anchors.revoke(parent, 2, 0);
        vm.prank(alice);
        refused(abi.encodeWithSelector(ModelAnchor.ParentUnusable.selector, parent, 2));
        anchors.anchor(S, F, 1, list(parent));
    }

    function test_what_a_compromised_key_wrote_is_no_parent() public {
        bytes32 parent = keccak256("parent");
        grant(fresh, ANCHORER);
        anchorAs(fresh, parent);
        compromise(fresh, NOW);
        vm.prank(alice);
        refused(abi.encodeWithSelector(ModelAnchor.ParentUnusable.selector, parent, 3));
        anchors.anchor(S, F, 1, list(parent));
    }

    function test_a_parent_may_be_anothers_and_may_be_a_tree() public {
        grant(fresh, ANCHORER);
        vm.prank(fresh);
        bytes32 tree = anchors.anchorTree(keccak256("root"), 9);
        anchorAs(alice, S, list(tree));
        same("status", anchors.status(S), 1);
    }

    // Trees

    function testFuzz_a_tree_is_one_record_that_binds_its_size(bytes32 root, uint64 size) public {
        vm.assume(root != 0 && size != 0);
        bytes32 expected = sha256(abi.encodePacked(hex"02", size, root));
        vm.prank(alice);
        emits();
        emit ModelAnchor.TreeAnchored(expected, root, alice, size, NOW);
        bytes32 id = anchors.anchorTree(root, size);
        same("id", id, expected);
        (address anchorer, uint40 time,, uint8 kind, uint16 flags) = anchors.records(id);
        same("anchorer", anchorer, alice);
        same("time", time, NOW);
        same("kind", kind, 255);
        same("flags", flags, 0);
        if (size > 1) {
            vm.prank(alice);
            holds("size", anchors.anchorTree(root, size - 1) != id);
        }
    }

    function test_a_tree_is_written_once_and_never_empty() public {
        vm.prank(alice);
        bytes32 id = anchors.anchorTree(S, 3);
        vm.prank(alice);
        refused(abi.encodeWithSelector(ModelAnchor.AlreadyAnchored.selector, id, alice, NOW));
        anchors.anchorTree(S, 3);
        vm.prank(alice);
        refused(abi.encodeWithSelector(ModelAnchor.EmptyTree.selector));
        anchors.anchorTree(S, 0);
        vm.prank(alice);
        refused(abi.encodeWithSelector(ModelAnchor.ZeroDigest.selector));
        anchors.anchorTree(0, 3);
    }
}
