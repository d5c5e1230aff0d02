// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Base} from "./Base.sol";
import {Merkle} from "./Merkle.sol";
import {ModelAnchor} from "../ModelAnchor.sol";

contract RevokeTest is Base {
    bytes32 private constant S = keccak256("statement");
    bytes32 private constant D = keccak256("detail");
    uint64 private constant SIZE = 5;

    function revokeAs(address by, bytes32 statement, uint8 reason) private {
        vm.prank(by);
        anchors.revoke(statement, reason, D);
    }

    function testFuzz_a_revocation_says_who_when_and_why(uint8 reason, uint32 later) public {
        anchorAs(alice, S);
        uint40 time = uint40(uint256(NOW) + later);
        vm.warp(time);
        vm.roll(777);
        vm.prank(alice);
        emits();
        emit ModelAnchor.Revoked(S, alice, reason, D, time);
        anchors.revoke(S, reason, D);

        (address anchorer, uint40 written, uint32 number, uint8 kind, uint16 flags) = anchors.records(S);
        same("status", anchors.status(S), 2);
        same("flags", flags, uint256(reason) << 8 | 1);
        same("anchorer", anchorer, alice);
        same("time", written, NOW);
        same("block", number, 100);
        same("kind", kind, 1);
    }

    function testFuzz_a_stranger_cannot_revoke(address by) public {
        vm.assume(by != alice && by != admin && by != rita);
        anchorAs(alice, S);
        refused(missing(by, REVOKER));
        revokeAs(by, S, 0);
        same("status", anchors.status(S), 1);
    }

    function test_a_revoker_revokes_what_is_anothers() public {
        anchorAs(alice, S);
        revokeAs(rita, S, 4);
        same("status", anchors.status(S), 2);
    }

    function test_nothing_is_revoked_twice_or_unknown() public {
        refused(abi.encodeWithSelector(ModelAnchor.UnknownStatement.selector, S));
        revokeAs(rita, S, 1);
        anchorAs(alice, S);
        revokeAs(alice, S, 1);
        refused(abi.encodeWithSelector(ModelAnchor.AlreadyRevoked.selector, S));
        revokeAs(rita, S, 2);
        same("flags", flagsOf(S), 1 << 8 | 1);
    }

    function test_without_roles_an_anchorer_still_revokes_its_own() public {
        anchorAs(alice, S);
        grant(alice, 0);
        revokeAs(alice, S, 1);
        same("status", anchors.status(S), 2);
    }

    function test_a_compromised_key_revokes_nothing() public {
        anchorAs(alice, S);
        compromise(alice, NOW);
        refused(missing(alice, REVOKER));
        revokeAs(alice, S, 1);
        compromise(rita, NOW - 9);
        refused(unusable(rita, NOW - 9));
        revokeAs(rita, S, 1);
    }

    function test_what_a_compromised_key_wrote_can_be_revoked() public {
        anchorAs(alice, S);
        compromise(alice, NOW);
        same("suspect", anchors.status(S), 3);
        revokeAs(rita, S, 4);
        same("revoked", anchors.status(S), 2);
    }

    // Leaves

    function tree() private pure returns (bytes32 root, bytes32[] memory data) {
        data = Merkle.leaves(SIZE, "tree");
        root = Merkle.root(data, 0, SIZE);
    }

    function revokeLeafAs(address by, uint64 index, uint8 reason) private {
        revokeLeafAs(by, index, reason, "");
    }

    /// @dev Forge takes SHA-256 for a call too, so the expectation comes after the proof is made.
    function revokeLeafAs(address by, uint64 index, uint8 reason, bytes memory refusal) private {
        (bytes32 root, bytes32[] memory data) = tree();
        bytes32[] memory path = Merkle.path(data, index, 0, SIZE);
        if (refusal.length > 0) refused(refusal);
        vm.prank(by);
        anchors.revokeLeaf(root, SIZE, index, data[index], path, reason, D);
    }

    function anchorTreeAs(address by) private returns (bytes32 id, bytes32[] memory data) {
        bytes32 root;
        (root, data) = tree();
        vm.prank(by);
        id = anchors.anchorTree(root, SIZE);
    }

    function testFuzz_a_leaf_is_revoked_alone(uint64 index, uint8 reason) public {
        index = uint64(bound(index, 0, SIZE - 1));
        (bytes32 id, bytes32[] memory data) = anchorTreeAs(alice);
        vm.warp(NOW + 60);
        vm.roll(200);
        bytes32 root = Merkle.root(data, 0, SIZE);
        bytes32[] memory path = Merkle.path(data, index, 0, SIZE);
        vm.prank(rita);
        emits();
        emit ModelAnchor.Revoked(data[index], rita, reason, D, NOW + 60);
        anchors.revokeLeaf(root, SIZE, index, data[index], path, reason, D);

        is_(data[index], 254, uint256(reason) << 8 | 1);
        same("leaf", anchors.status(data[index]), 2);
        same("tree", anchors.status(id), 1);
        same("other leaf", anchors.status(data[(index + 1) % SIZE]), 0);
    }

    /// @dev A record in the name of alice, made a minute after NOW in block 200.
    function is_(bytes32 key, uint8 kind, uint256 flags) private view {
        (address anchorer, uint40 time, uint32 number, uint8 foundKind, uint16 foundFlags) = anchors.records(key);
        same("the tree's anchorer", anchorer, alice);
        same("time", time, NOW + 60);
        same("block", number, 200);
        same("kind", foundKind, kind);
        same("flags", foundFlags, flags);
    }

    function test_a_leaf_is_revoked_by_the_trees_anchorer_or_a_revoker() public {
        anchorTreeAs(alice);
        grant(fresh, ANCHORER);
        revokeLeafAs(fresh, 0, 1, missing(fresh, REVOKER));
        grant(alice, 0);
        revokeLeafAs(alice, 0, 1);
        revokeLeafAs(rita, 2, 1);
        compromise(alice, NOW);
        revokeLeafAs(alice, 3, 1, missing(alice, REVOKER));
    }

    function test_a_leaf_is_revoked_once_and_never_anchored_after() public {
        (, bytes32[] memory data) = anchorTreeAs(alice);
        revokeLeafAs(alice, 2, 3);
        revokeLeafAs(rita, 2, 1, abi.encodeWithSelector(ModelAnchor.AlreadyRevoked.selector, data[2]));
        refused(abi.encodeWithSelector(ModelAnchor.AlreadyRevoked.selector, data[2]));
        revokeAs(rita, data[2], 1);
        vm.prank(alice);
        refused(abi.encodeWithSelector(ModelAnchor.AlreadyAnchored.selector, data[2], alice, NOW));
        anchors.anchor(data[2], D, 1, none());
        vm.prank(alice);
        refused(abi.encodeWithSelector(ModelAnchor.ParentUnusable.selector, data[2], 2));
        anchors.anchor(S, D, 1, list(data[2]));
    }

    function test_a_leaf_with_a_record_of_its_own_is_revoked_by_that() public {
        (, bytes32[] memory data) = anchorTreeAs(alice);
        anchorAs(alice, data[4]);
        revokeLeafAs(alice, 4, 1, abi.encodeWithSelector(ModelAnchor.AlreadyAnchored.selector, data[4], alice, NOW));
        revokeAs(alice, data[4], 1);
        revokeLeafAs(alice, 4, 1, abi.encodeWithSelector(ModelAnchor.AlreadyAnchored.selector, data[4], alice, NOW));
    }

    function test_only_a_leaf_of_a_tree_that_is_here() public {
        (bytes32 root, bytes32[] memory data) = tree();
        revokeLeafAs(rita, 0, 1, abi.encodeWithSelector(ModelAnchor.UnknownStatement.selector, treeId(root, SIZE)));
        anchorTreeAs(alice);
        bytes32[] memory path = Merkle.path(data, 0, 0, SIZE);
        vm.prank(rita);
        refused(abi.encodeWithSelector(ModelAnchor.NotInTree.selector, S));
        anchors.revokeLeaf(root, SIZE, 0, S, path, 1, D);
    }

    function test_a_statement_under_a_trees_key_is_no_tree() public {
        (bytes32 root,) = tree();
        anchorAs(alice, treeId(root, SIZE));
        revokeLeafAs(rita, 0, 1, abi.encodeWithSelector(ModelAnchor.UnknownStatement.selector, treeId(root, SIZE)));
    }

    function test_a_whole_tree_is_revoked_by_its_id() public {
        (bytes32 id,) = anchorTreeAs(alice);
        revokeAs(alice, id, 2);
        same("status", anchors.status(id), 2);
        vm.prank(alice);
        refused(abi.encodeWithSelector(ModelAnchor.ParentUnusable.selector, id, 2));
        anchors.anchor(S, D, 1, list(id));
    }
}
