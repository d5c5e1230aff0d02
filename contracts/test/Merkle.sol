// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @dev The definitions of RFC 6962, section 2.1, word for word: the slow oracle for the contract's own.
library Merkle {
    function leaf(bytes32 data) internal pure returns (bytes32) {
        return sha256(abi.encodePacked(hex"00", data));
    }

    function node(bytes32 left, bytes32 right) internal pure returns (bytes32) {
        return sha256(abi.encodePacked(hex"01", left, right));
    }

    function id(bytes32 root_, uint64 size) internal pure returns (bytes32) {
        return sha256(abi.encodePacked(hex"02", size, root_));
    }

    /// @dev MTH(D[from:to]).
    function root(bytes32[] memory data, uint256 from, uint256 to) internal pure returns (bytes32) {
        if (to - from == 1) return leaf(data[from]);
        uint256 k = split(to - from);
        return node(root(data, from, from + k), root(data, from + k, to));
    }

    /// @dev PATH(index, D[from:to]), the lowest hash first.
    function path(bytes32[] memory data, uint256 index, uint256 from, uint256 to)
        internal
        pure
        returns (bytes32[] memory)
    {
        if (to - from == 1) return new bytes32[](0);
        uint256 middle = from + split(to - from);
        if (index < middle) return append(path(data, index, from, middle), root(data, middle, to));
        return append(path(data, index, middle, to), root(data, from, middle));
    }

    /// @dev Whether PATH, read backwards, leads from the leaf to the root.
    function contains(bytes32 root_, uint256 size, uint256 index, bytes32 data, bytes32[] memory hashes)
        internal
        pure
        returns (bool)
    {
        if (index >= size || hashes.length != depth(index, size)) return false;
        return climb(leaf(data), index, size, hashes, hashes.length) == root_;
    }

    /// @dev MTH(D[size]) from the hash of one leaf and the first hashes of its path.
    function climb(bytes32 hash, uint256 index, uint256 size, bytes32[] memory hashes, uint256 length)
        private
        pure
        returns (bytes32)
    {
        if (size == 1) return hash;
        uint256 k = split(size);
        bytes32 beside = hashes[length - 1];
        if (index < k) return node(climb(hash, index, k, hashes, length - 1), beside);
        return node(beside, climb(hash, index - k, size - k, hashes, length - 1));
    }

    /// @dev How many nodes stand above the leaf.
    function depth(uint256 index, uint256 size) private pure returns (uint256) {
        if (size == 1) return 0;
        uint256 k = split(size);
        return 1 + (index < k ? depth(index, k) : depth(index - k, size - k));
    }

    /// @dev The largest power of two below n.
    function split(uint256 n) internal pure returns (uint256 k) {
        k = 1;
        while (k * 2 < n) k *= 2;
    }

    function append(bytes32[] memory hashes, bytes32 last) internal pure returns (bytes32[] memory made) {
        made = new bytes32[](hashes.length + 1);
        for (uint256 i = 0; i < hashes.length; ++i) made[i] = hashes[i];
        made[hashes.length] = last;
    }
}
