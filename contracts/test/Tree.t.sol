// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Base} from "./Base.sol";
import {Merkle} from "./Merkle.sol";

/// @dev Proofs of inclusion against the definitions of RFC 6962.
contract TreeTest is Base {
    function leaves(uint64 size, bytes32 salt) private pure returns (bytes32[] memory made) {
        made = new bytes32[](size);
        for (uint256 i = 0; i < size; ++i) made[i] = keccak256(abi.encode(salt, i));
    }

    /// @dev The contract finds the leaf exactly where the definition does.
    function judged(bytes32 root, uint64 size, uint64 index, bytes32 statement, bytes32[] memory path)
        private
        view
        returns (bool found)
    {
        found = anchors.verifyInclusion(root, size, index, statement, path);
        vm.assertTrue(found == Merkle.contains(root, size, index, statement, path), "as defined");
    }

    function test_every_leaf_of_every_small_tree_is_found_there_alone() external view {
        for (uint64 size = 1; size <= 17; ++size) {
            bytes32[] memory data = leaves(size, 0);
            bytes32 root = Merkle.root(data, 0, size);
            for (uint64 index = 0; index < size; ++index) {
                bytes32[] memory path = Merkle.path(data, index, 0, size);
                for (uint64 other = 0; other <= size; ++other) {
                    vm.assertTrue(judged(root, size, other, data[index], path) == (other == index), "found");
                }
            }
        }
    }

    /// @dev A path may be read as one of another size where the way up turns alike in both; hence a tree's id binds it.
    function testFuzz_a_proof_of_one_size_is_read_as_any_other(uint64 size, uint64 other, uint64 index, bytes32 salt)
        external
        view
    {
        (size, other) = (1 + size % 24, other % 25);
        bytes32[] memory data = leaves(size, salt);
        index = index % size;
        judged(Merkle.root(data, 0, size), other, index, data[index], Merkle.path(data, index, 0, size));
    }

    function testFuzz_no_bit_of_a_proof_can_be_turned(uint64 size, uint64 index, uint256 place) external view {
        size = 1 + size % 24;
        index = index % size;
        bytes32[] memory data = leaves(size, 0);
        bytes32 root = Merkle.root(data, 0, size);
        bytes32[] memory path = Merkle.path(data, index, 0, size);
        // The root, the statement, and each hash beside the way up, as one row of bits.
        bytes32[] memory row = Merkle.append(Merkle.append(path, root), data[index]);
        place = place % (row.length * 256);
        row[place / 256] ^= bytes32(1 << place % 256);
        for (uint256 i = 0; i < path.length; ++i) path[i] = row[i];
        vm.assertTrue(!judged(row[path.length], size, index, row[path.length + 1], path), "turned");
    }

    /// @dev Nor by one hash more, with the root as the longer path leads to it.
    function testFuzz_a_path_cannot_be_longer_or_shorter(uint64 size, uint64 index, bytes32 more) external view {
        size = 2 + size % 23;
        index = index % size;
        bytes32[] memory data = leaves(size, 0);
        bytes32 root = Merkle.root(data, 0, size);
        bytes32[] memory path = Merkle.path(data, index, 0, size);
        bytes32[] memory longer = Merkle.append(path, more);
        vm.assertTrue(!judged(root, size, index, data[index], longer), "longer");
        vm.assertTrue(!judged(Merkle.node(root, more), size, index, data[index], longer), "on the left");
        vm.assertTrue(!judged(Merkle.node(more, root), size, index, data[index], longer), "on the right");
        bytes32[] memory shorter = new bytes32[](path.length - 1);
        for (uint256 i = 0; i < shorter.length; ++i) shorter[i] = path[i];
        vm.assertTrue(!judged(root, size, index, data[index], shorter), "shorter");
    }
}
