// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Base} from "./Base.sol";
import {Merkle} from "./Merkle.sol";

contract TreeTest is Base {
    function proof(uint64 size, uint64 index, bytes32 salt)
        private
        pure
        returns (bytes32 root, bytes32 statement, bytes32[] memory path)
    {
        bytes32[] memory data = Merkle.leaves(size, salt);
        return (Merkle.root(data, 0, size), data[index], Merkle.path(data, index, 0, size));
    }

    function test_every_leaf_of_every_small_tree_is_found() public view {
        for (uint64 size = 1; size <= 17; ++size) {
            for (uint64 index = 0; index < size; ++index) {
                (bytes32 root, bytes32 statement, bytes32[] memory path) = proof(size, index, 0);
                holds("found", anchors.verifyInclusion(root, size, index, statement, path));
            }
        }
    }

    function test_a_tree_of_one_has_an_empty_path() public view {
        bytes32 root = sha256(abi.encodePacked(uint8(0), keccak256("one")));
        holds("found", anchors.verifyInclusion(root, 1, 0, keccak256("one"), none()));
        holds("not 1", !anchors.verifyInclusion(root, 1, 1, keccak256("one"), none()));
        holds("not of 2", !anchors.verifyInclusion(root, 2, 0, keccak256("one"), none()));
        holds("not of none", !anchors.verifyInclusion(root, 0, 0, keccak256("one"), none()));
    }

    function testFuzz_a_leaf_is_found(uint64 size, uint64 index, bytes32 salt) public view {
        size = uint64(bound(size, 1, 70));
        index = uint64(bound(index, 0, size - 1));
        (bytes32 root, bytes32 statement, bytes32[] memory path) = proof(size, index, salt);
        holds("found", anchors.verifyInclusion(root, size, index, statement, path));
    }

    function testFuzz_a_leaf_is_nowhere_else(uint64 size, uint64 index, uint64 other) public view {
        size = uint64(bound(size, 1, 40));
        index = uint64(bound(index, 0, size - 1));
        vm.assume(other != index);
        (bytes32 root, bytes32 statement, bytes32[] memory path) = proof(size, index, 0);
        holds("elsewhere", !anchors.verifyInclusion(root, size, other, statement, path));
        other = uint64(bound(other, 0, size));
        if (other == index) ++other;
        holds("beside", !anchors.verifyInclusion(root, size, other, statement, path));
    }

    function testFuzz_no_bit_of_a_proof_can_be_turned(uint64 size, uint64 index, uint16 bit) public view {
        size = uint64(bound(size, 1, 40));
        index = uint64(bound(index, 0, size - 1));
        (bytes32 root, bytes32 statement, bytes32[] memory path) = proof(size, index, 0);
        uint256 place = bound(bit, 0, (path.length + 2) * 256 - 1);
        bytes32 turned = bytes32(uint256(1) << place % 256);
        if (place / 256 == path.length) root ^= turned;
        else if (place / 256 == path.length + 1) statement ^= turned;
        else path[place / 256] ^= turned;
        holds("turned", !anchors.verifyInclusion(root, size, index, statement, path));
    }

    function testFuzz_a_path_cannot_be_longer_or_shorter(uint64 size, uint64 index, bytes32 more) public view {
        size = uint64(bound(size, 2, 40));
        index = uint64(bound(index, 0, size - 1));
        (bytes32 root, bytes32 statement, bytes32[] memory path) = proof(size, index, 0);
        bytes32[] memory other = new bytes32[](path.length + 1);
        for (uint256 i = 0; i < path.length; ++i) other[i] = path[i];
        other[path.length] = more;
        holds("longer", !anchors.verifyInclusion(root, size, index, statement, other));
        bytes32[] memory shorter = new bytes32[](path.length - 1);
        for (uint256 i = 0; i < shorter.length; ++i) shorter[i] = path[i];
        holds("shorter", !anchors.verifyInclusion(root, size, index, statement, shorter));
        // The root as the path leads to it, with one hash too many.
        holds("left", !anchors.verifyInclusion(Merkle.node(root, more), size, index, statement, other));
        holds("right", !anchors.verifyInclusion(Merkle.node(more, root), size, index, statement, other));
    }

    function testFuzz_an_inner_node_is_no_leaf(uint64 size, bytes32 salt) public view {
        size = uint64(bound(size, 2, 40));
        bytes32[] memory data = Merkle.leaves(size, salt);
        bytes32 root = Merkle.root(data, 0, size);
        bytes32[] memory path = Merkle.path(data, 0, 0, size);
        bytes32 inner = Merkle.node(Merkle.leaf(data[0]), path[0]);
        bytes32[] memory rest = new bytes32[](path.length - 1);
        for (uint256 i = 0; i < rest.length; ++i) rest[i] = path[i + 1];
        for (uint64 smaller = 1; smaller <= size; ++smaller) {
            holds("inner", !anchors.verifyInclusion(root, smaller, 0, inner, rest));
        }
    }

    /// @dev Half an answer of the truth table: a path built for any size, read with any other.
    function testFuzz_a_proof_for_one_size_shows_only_the_same_shape(uint64 size, uint64 other, uint64 index)
        public
        view
    {
        size = uint64(bound(size, 1, 40));
        other = uint64(bound(other, 1, 40));
        index = uint64(bound(index, 0, size - 1));
        (bytes32 root, bytes32 statement, bytes32[] memory path) = proof(size, index, 0);
        bool found = anchors.verifyInclusion(root, other, index, statement, path);
        same("found", found ? 1 : 0, sameShape(size, other, index) ? 1 : 0);
    }

    /// @dev Whether the way from the leaf to the root turns the same way in both trees. That is why a tree's id binds
    /// its size, and not only the root.
    function sameShape(uint64 size, uint64 other, uint64 index) private pure returns (bool) {
        if (index >= other) return false;
        while (size > 1 && other > 1) {
            uint64 k = uint64(Merkle.split(size));
            uint64 j = uint64(Merkle.split(other));
            if (index < k != index < j) return false;
            (size, other, index) = index < k ? (k, j, index) : (size - k, other - j, index - k);
        }
        return size == other;
    }
}
