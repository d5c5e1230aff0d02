// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Merkle trees of RFC 6962 with SHA-256.
/// @dev Leaves and inner nodes are hashed with different first bytes, and the size is bound, so that no inner node
/// passes for a leaf. A leaf's data are the 32 bytes of a statement digest.
library Tree {
    /// @notice The key under which a tree is recorded: SHA-256(0x02, size as 8 bytes big-endian, root).
    function id(bytes32 root, uint64 size) internal pure returns (bytes32) {
        return sha256(abi.encodePacked(uint8(2), size, root));
    }

    /// @notice Whether the statement is the leaf at that index of the tree (RFC 9162, 2.1.3.2).
    /// @param path The hashes beside the way up, the lowest first.
    function contains(bytes32 root, uint64 size, uint64 index, bytes32 statement, bytes32[] calldata path)
        internal
        pure
        returns (bool)
    {
        if (index >= size) return false;
        uint64 last = size - 1;
        bytes32 hash = sha256(abi.encodePacked(uint8(0), statement));
        for (uint256 i = 0; i < path.length; ++i) {
            if (last == 0) return false;
            if (index & 1 == 1 || index == last) {
                hash = sha256(abi.encodePacked(uint8(1), path[i], hash));
                // At the right edge of a tree that is not full, a node moves up without a sibling.
                while (index & 1 == 0 && index != 0) {
                    index >>= 1;
                    last >>= 1;
                }
            } else {
                hash = sha256(abi.encodePacked(uint8(1), hash, path[i]));
            }
            index >>= 1;
            last >>= 1;
        }
        return last == 0 && hash == root;
    }
}

/// @title ModelAnchor: a registry of statements about models, data and federated rounds.
/// @notice A digest is written once and never changed or removed, only revoked; there is no upgrade and no ether.
/// Parents must be here already and a child must not be, so the lineage cannot hold a cycle.
contract ModelAnchor {
    /// @dev One slot, so that one read tells whether a key may act, and one storage proof what is known of it.
    /// roles: the lowest 8 bits; compromisedSince: the next 40, zero or since when others may hold the key.
    struct Key {
        uint8 roles;
        uint40 compromisedSince;
    }

    uint8 private constant ADMIN = 1;
    uint8 private constant ANCHORER = 2;
    uint8 private constant REVOKER = 4;
    uint8 private constant ALL_ROLES = 7;

    uint8 private constant LEAF = 254;
    uint8 private constant TREE = 255;

    uint8 private constant UNKNOWN = 0;
    uint8 private constant VALID = 1;
    uint8 private constant REVOKED = 2;
    uint8 private constant SUSPECT = 3;

    /// @dev The record of a statement, of a tree by its id, or of a revoked leaf; zero: there is none. Slot 0, which
    /// storage proofs rely on.
    /// From the low bits: anchorer 160, time 40, block number 32, kind 8, flags 16 (bit 0: revoked; bits 8 to 15: why).
    /// Packed by hand: the compiler would write a struct field by field, for 800 gas more.
    mapping(bytes32 key => uint256 record) private _records;

    /// @notice The roles of an account, and since when its key is compromised (zero: it is not). Slot 1.
    mapping(address account => Key) public keys;

    /// @notice How many keys can act as ADMIN now; never zero. Slot 2.
    uint64 public admins;

    /// @notice A statement was written, for the first and only time.
    event Anchored(
        bytes32 indexed statement, bytes32 indexed subject, address indexed anchorer, uint8 kind, uint40 time
    );

    /// @notice The child was made from the parent. In the child's own transaction, in the order of its parents.
    event Derived(bytes32 indexed parent, bytes32 indexed child);

    /// @notice The root over many statements was written.
    event TreeAnchored(
        bytes32 indexed id, bytes32 indexed root, address indexed anchorer, uint64 size, uint40 time
    );

    /// @notice A statement, tree or leaf counts no more, for good.
    event Revoked(
        bytes32 indexed statement, address indexed by, uint8 indexed reason, bytes32 detail, uint40 time
    );

    /// @notice These are the roles of the account from here on.
    event RolesChanged(address indexed account, address indexed by, uint8 roles);

    /// @notice What the account wrote at this time or later is not to be trusted.
    event KeyCompromised(address indexed account, address indexed by, uint40 since);

    /// @dev A digest of zero stands for none.
    error ZeroDigest();
    /// @dev Zero is no kind; 254 and 255 are given by this contract alone.
    error ReservedKind(uint8 kind);
    error AlreadyAnchored(bytes32 statement, address by, uint40 time);
    /// @dev The status says why: 0 not here, 2 revoked, 3 written by a compromised key.
    error ParentUnusable(bytes32 parent, uint8 status);
    /// @dev Parents are a set, so there is one way to write them: strictly ascending.
    error ParentsUnordered(bytes32 parent);
    error EmptyTree();
    error UnknownStatement(bytes32 statement);
    error AlreadyRevoked(bytes32 statement);
    error NotInTree(bytes32 statement);
    error MissingRole(address account, uint8 role);
    error KeyUnusable(address account, uint40 since);
    /// @dev Only the bits 1, 2, 4 are roles, and nobody is the account zero.
    error BadRoles(address account, uint8 roles);
    /// @dev A date of compromise is not zero, not in the future, and earlier than the one known.
    error BadDate(uint40 since, uint40 latest);
    error LastAdmin();

    /// @param admin The first account, with every role; on a public chain better a multisig.
    constructor(address admin) {
        if (admin == address(0)) revert BadRoles(admin, ALL_ROLES);
        keys[admin].roles = ALL_ROLES;
        admins = 1;
        emit RolesChanged(admin, msg.sender, ALL_ROLES);
    }

    /// @notice Writes a statement that is not here yet; the first writer wins. By an ANCHORER.
    /// @param statement SHA-256 of the canonical statement.
    /// @param subject SHA-256 of the file or folder that it is about; can be searched for.
    /// @param kind What it is: 1 to 253, by the caller's numbering.
    /// @param parents Statements that it was made from: all here and valid, strictly ascending, possibly none.
    function anchor(bytes32 statement, bytes32 subject, uint8 kind, bytes32[] calldata parents) external {
        _authorise(ANCHORER);
        if (kind == 0 || kind >= LEAF) revert ReservedKind(kind);
        if (statement == 0 || subject == 0) revert ZeroDigest();
        // Written before its parents are looked at; a statement that names itself is refused below.
        emit Anchored(statement, subject, msg.sender, kind, _record(msg.sender, statement, kind, 0));

        bytes32 previous = 0;
        for (uint256 i = 0; i < parents.length; ++i) {
            bytes32 parent = parents[i];
            if (parent <= previous) revert ParentsUnordered(parent);
            uint8 found = parent == statement ? UNKNOWN : status(parent);
            if (found != VALID) revert ParentUnusable(parent, found);
            emit Derived(parent, statement);
            previous = parent;
        }
    }

    /// @notice Writes the root over any number of statements: one record for all of them. By an ANCHORER.
    /// @param size How many leaves the tree has.
    /// @return id The key of the record.
    function anchorTree(bytes32 root, uint64 size) external returns (bytes32 id) {
        _authorise(ANCHORER);
        if (root == 0) revert ZeroDigest();
        if (size == 0) revert EmptyTree();
        id = Tree.id(root, size);
        emit TreeAnchored(id, root, msg.sender, size, _record(msg.sender, id, TREE, 0));
    }

    /// @notice Declares for good that a statement, or a tree with all its leaves, counts no more. By its anchorer, with
    /// or without a role, or by a REVOKER.
    /// @param reason 0 unspecified, 1 superseded, 2 defective, 3 data withdrawn, 4 key compromised, 5 not allowed.
    /// @param detail Digest of a document that says more, or zero.
    function revoke(bytes32 statement, uint8 reason, bytes32 detail) external {
        uint256 record = _records[statement];
        if (record == 0) revert UnknownStatement(statement);
        _authoriseRevoking(_anchorer(record));
        if (_isRevoked(record)) revert AlreadyRevoked(statement);
        _records[statement] = record | _revokedFor(reason);
        emit Revoked(statement, msg.sender, reason, detail, uint40(block.timestamp));
    }

    /// @notice The same for one leaf of a tree that has no record of its own. The record that it gets names the
    /// tree's anchorer, and keeps it from being anchored later.
    function revokeLeaf(
        bytes32 root,
        uint64 size,
        uint64 index,
        bytes32 statement,
        bytes32[] calldata path,
        uint8 reason,
        bytes32 detail
    ) external {
        bytes32 id = Tree.id(root, size);
        uint256 tree = _records[id];
        if (_kind(tree) != TREE) revert UnknownStatement(id);
        _authoriseRevoking(_anchorer(tree));
        if (!Tree.contains(root, size, index, statement, path)) revert NotInTree(statement);
        if (_kind(_records[statement]) == LEAF) revert AlreadyRevoked(statement);
        uint40 time = _record(_anchorer(tree), statement, LEAF, _revokedFor(reason));
        emit Revoked(statement, msg.sender, reason, detail, time);
    }

    /// @notice Gives the account exactly these roles. By an ADMIN. To a compromised key, none: appoint a new key.
    /// @param roles Sum of ADMIN 1, ANCHORER 2, REVOKER 4.
    function setRoles(address account, uint8 roles) external {
        _authorise(ADMIN);
        if (account == address(0) || roles > ALL_ROLES) revert BadRoles(account, roles);
        uint40 since = keys[account].compromisedSince;
        if (since != 0 && roles != 0) revert KeyUnusable(account, since);
        if (_isAdmin(account)) --admins;
        keys[account].roles = roles;
        if (roles & ADMIN != 0) ++admins;
        if (admins == 0) revert LastAdmin();
        emit RolesChanged(account, msg.sender, roles);
    }

    /// @notice Declares that others may have held the key since then: what it wrote before stays, what it wrote at that
    /// time or later does not count, and it never acts again. By an ADMIN.
    /// @param since Seconds since 1970. Not in the future; can be made earlier later on, never later.
    function markCompromised(address account, uint40 since) external {
        _authorise(ADMIN);
        uint40 known = keys[account].compromisedSince;
        uint40 latest = known == 0 ? uint40(block.timestamp) : known - 1;
        if (since == 0 || since > latest) revert BadDate(since, latest);
        if (_isAdmin(account)) --admins;
        if (admins == 0) revert LastAdmin();
        keys[account].compromisedSince = since;
        emit KeyCompromised(account, msg.sender, since);
    }

    /// @notice 0 unknown, 1 valid, 2 revoked, 3 written when its anchorer's key was compromised.
    function status(bytes32 statement) public view returns (uint8) {
        uint256 record = _records[statement];
        if (record == 0) return UNKNOWN;
        if (_isRevoked(record)) return REVOKED;
        uint40 since = keys[_anchorer(record)].compromisedSince;
        return since != 0 && _time(record) >= since ? SUSPECT : VALID;
    }

    /// @notice The record of a statement, of a tree by its id, or of a revoked leaf; all zero: there is none.
    /// @return anchorer Whose key wrote it; of a leaf: its tree.
    /// @return time Seconds since 1970, of the block.
    /// @return blockNumber The block that holds its events.
    /// @return kind By the caller's numbering; 254 leaf, 255 tree.
    /// @return flags Bit 0: revoked; bits 8 to 15: the reason.
    function records(bytes32 key)
        external
        view
        returns (address anchorer, uint40 time, uint32 blockNumber, uint8 kind, uint16 flags)
    {
        uint256 record = _records[key];
        return (_anchorer(record), _time(record), uint32(record >> 200), _kind(record), uint16(record >> 240));
    }

    /// @notice Whether the statement is that leaf of the tree; whether the tree is here, its `status` tells.
    function verifyInclusion(bytes32 root, uint64 size, uint64 index, bytes32 statement, bytes32[] calldata path)
        external
        pure
        returns (bool)
    {
        return Tree.contains(root, size, index, statement, path);
    }

    /// @param revoked Zero, or what `_revokedFor` says.
    function _record(address anchorer, bytes32 key, uint8 kind, uint256 revoked) private returns (uint40 time) {
        uint256 known = _records[key];
        if (known != 0) revert AlreadyAnchored(key, _anchorer(known), _time(known));
        time = uint40(block.timestamp);
        uint256 when = uint256(uint32(block.number)) << 200 | uint256(time) << 160;
        _records[key] = revoked | uint256(kind) << 232 | when | uint160(anchorer);
    }

    /// @dev Returns only if the sender has the role and its key is not compromised.
    function _authorise(uint8 role) private view {
        Key memory key = keys[msg.sender];
        if (key.roles & role == 0) revert MissingRole(msg.sender, role);
        if (key.compromisedSince != 0) revert KeyUnusable(msg.sender, key.compromisedSince);
    }

    function _authoriseRevoking(address anchorer) private view {
        if (msg.sender != anchorer || keys[anchorer].compromisedSince != 0) _authorise(REVOKER);
    }

    function _isAdmin(address account) private view returns (bool) {
        return keys[account].roles & ADMIN != 0 && keys[account].compromisedSince == 0;
    }

    function _anchorer(uint256 record) private pure returns (address) {
        return address(uint160(record));
    }

    function _time(uint256 record) private pure returns (uint40) {
        return uint40(record >> 160);
    }

    function _kind(uint256 record) private pure returns (uint8) {
        return uint8(record >> 232);
    }

    function _isRevoked(uint256 record) private pure returns (bool) {
        return record >> 240 & 1 != 0;
    }

    function _revokedFor(uint8 reason) private pure returns (uint256) {
        return (uint256(reason) << 8 | 1) << 240;
    }
}
