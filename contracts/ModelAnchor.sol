// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title ModelAnchor: who stated which digest first, when, and from which parents it was made.
/// @notice A digest is written once and never changed or removed; there is no owner, no upgrade and no ether.
/// @dev Parents must already be here and a child must not be, so the lineage cannot hold a cycle.
contract ModelAnchor {
    /// @dev Exactly one storage slot: 160 + 40 + 32 + 8 + 16 bits. An anchorer of zero means that there is no record.
    struct Record {
        address anchorer;
        uint40 time;
        uint32 blockNumber;
        uint8 kind;
        uint16 flags;
    }

    /// @notice A digest was written for the first and only time.
    event Anchored(bytes32 indexed digest, address indexed anchorer, uint8 indexed kind, uint40 time);

    /// @notice The child was made from the parent. Emitted in the child's own transaction, in the order of its parents.
    event Derived(bytes32 indexed parent, bytes32 indexed child);

    error ZeroDigest();
    error AlreadyAnchored(bytes32 digest, address by, uint40 time);
    error ParentUnknown(bytes32 parent);
    /// @dev Parents are a set, so there is one way to write them: strictly ascending.
    error ParentsUnordered(bytes32 parent);

    /// @notice The record of a digest. Its block number says where its events are.
    mapping(bytes32 digest => Record) public records;

    /// @notice Writes a digest that is not here yet; the first writer wins.
    /// @param digest SHA-256 of what is anchored.
    /// @param kind What it is, by the caller's numbering; not interpreted here.
    /// @param parents Digests that it was made from: all of them here already, strictly ascending, possibly none.
    function anchor(bytes32 digest, uint8 kind, bytes32[] calldata parents) external {
        if (digest == 0) revert ZeroDigest();
        Record storage known = records[digest];
        if (known.anchorer != address(0)) revert AlreadyAnchored(digest, known.anchorer, known.time);

        uint40 time = uint40(block.timestamp);
        records[digest] = Record(msg.sender, time, uint32(block.number), kind, 0);
        emit Anchored(digest, msg.sender, kind, time);

        bytes32 previous = 0;
        for (uint256 i = 0; i < parents.length; ++i) {
            bytes32 parent = parents[i];
            if (parent <= previous) revert ParentsUnordered(parent);
            if (parent == digest || records[parent].anchorer == address(0)) revert ParentUnknown(parent);
            emit Derived(parent, digest);
            previous = parent;
        }
    }
}
