// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @dev The definitions of RFC 6962, section 2.1, word for word: the slow oracle for Tree.sol.
library Merkle {
    function leaf(bytes32 data) internal pure returns (bytes32) {
        return sha256(abi.encodePacked(hex"00", data));
    }

    function node(bytes32 left, bytes32 right) internal pure returns (bytes32) {
        return sha256(abi.encodePacked(hex"01", left, right));
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
        returns (bytes32[] memory made)
    {
        if (to - from == 1) return new bytes32[](0);
        uint256 middle = from + split(to - from);
        bool isLeft = index < middle;
        bytes32[] memory below = isLeft ? path(data, index, from, middle) : path(data, index, middle, to);
        made = new bytes32[](below.length + 1);
        for (uint256 i = 0; i < below.length; ++i) made[i] = below[i];
        made[below.length] = isLeft ? root(data, middle, to) : root(data, from, middle);
    }

    /// @dev The largest power of two below n.
    function split(uint256 n) internal pure returns (uint256 k) {
        k = 1;
        while (k * 2 < n) k *= 2;
    }

    function leaves(uint256 size, bytes32 salt) internal pure returns (bytes32[] memory made) {
        made = new bytes32[](size);
        for (uint256 i = 0; i < size; ++i) made[i] = keccak256(abi.encode(salt, i));
    }
}
