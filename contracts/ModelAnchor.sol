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
                // At the right edge of a tree that is not full, a node moves up without a brother.
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

/// @title All that ModelAnchor stores, says and refuses.
/// @notice Every state variable is here, in this order, so that its slot can be read off: `records` is slot 0, which
/// storage proofs rely on.
abstract contract State {
    /// @dev One slot, so that one read tells whether a key may act.
    /// predecessor: whose roles it took over, or zero; appointedAt: when it did, or zero; depth: how often before.
    /// compromisedSince: zero, or since when others may hold the key.
    struct Key {
        address predecessor;
        uint40 compromisedSince;
        uint40 appointedAt;
        uint8 depth;
        uint8 roles;
    }

    /// @dev Exists when quorum is not zero. The head is the statement of the last round, at first the base.
    struct Task {
        bytes32 head;
        uint32 rounds;
        uint8 quorum;
        address opener;
    }

    /// @dev What a coordinator proposes, and what the others must repeat to the letter in order to approve it.
    struct Round {
        bytes32 task;
        uint32 number;
        bytes32 statement;
        bytes32 subject;
        bytes32[] parents;
        bytes32 updates;
        uint32 clients;
    }

    uint8 internal constant ADMIN = 1;
    uint8 internal constant ANCHORER = 2;
    uint8 internal constant COORDINATOR = 4;
    uint8 internal constant REVOKER = 8;
    uint8 internal constant WRITING = ANCHORER | COORDINATOR;
    uint8 internal constant ALL_ROLES = 15;
    /// @dev Marks a key that handed its roles on: it never acts again and never gets roles again.
    uint8 internal constant SPENT = 128;

    uint8 internal constant ROUND = 5;
    uint8 internal constant LEAF = 254;
    uint8 internal constant TREE = 255;

    uint8 internal constant UNKNOWN = 0;
    uint8 internal constant VALID = 1;
    uint8 internal constant REVOKED = 2;
    uint8 internal constant SUSPECT = 3;

    /// @dev A key's history is walked at every use, so it is bounded.
    uint8 internal constant MAX_DEPTH = 32;
    /// @dev Retiring visits every writer in one transaction, which must fit into 2^24 gas (EIP-7825).
    uint256 internal constant MAX_WRITERS = 1000;
    uint256 internal constant MAX_COORDINATORS = 255;

    /// @dev The record of a statement, of a tree by its id, or of a revoked leaf; zero: there is none. Slot 0.
    /// From the low bits: anchorer 160, time 40, block number 32, kind 8, flags 16 (bit 0: revoked; bits 8 to 15: why).
    /// Packed by hand: the compiler would write a struct field by field, for 800 gas more.
    mapping(bytes32 key => uint256 record) internal _records;

    /// @notice What is known of a key. Slot 1.
    mapping(address account => Key) public keys;

    /// @notice To whom a key has offered its roles; zero when to nobody. Slot 2.
    mapping(address account => address) public offered;

    /// @notice Who took over from a spent key. Slot 3.
    mapping(address account => address) public heir;

    /// @notice The federated tasks. Slot 4.
    mapping(bytes32 task => Task) public tasks;

    /// @dev The accounts named when the task was opened. Slot 5.
    mapping(bytes32 task => address[]) internal _coordinators;

    /// @notice Whether an account was named as coordinator when the task was opened. Slot 6.
    mapping(bytes32 task => mapping(address account => bool)) public named;

    /// @notice With which key the seat of a coordinator approved a proposal. Slot 7.
    mapping(bytes32 proposal => mapping(address coordinator => address key)) public approvals;

    /// @dev Every account with a writing role, in no order. Slot 8.
    address[] internal _writers;

    /// @notice How many keys can act as ADMIN now; never zero. Slot 9.
    uint64 public admins;

    /// @notice Whether writing has ended. Slot 9.
    bool public retired;

    /// @notice The contract that goes on after this one; zero if none was named. Slot 9.
    address public successor;

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

    /// @notice A chain of rounds begins at the base.
    event TaskOpened(
        bytes32 indexed task, bytes32 indexed base, address indexed by, address[] coordinators, uint8 quorum
    );

    /// @notice A coordinator's key approved a round; the proposal is keccak-256 of the round's ABI encoding.
    event RoundApproved(
        bytes32 indexed task, uint32 indexed number, address indexed coordinator, bytes32 proposal
    );

    /// @notice A round was approved often enough. Its Anchored event stands before it.
    event RoundClosed(
        bytes32 indexed task, uint32 indexed number, bytes32 indexed statement, bytes32 updates, uint32 clients
    );

    /// @notice A statement, tree or leaf counts no more, for good.
    event Revoked(
        bytes32 indexed statement, address indexed by, uint8 indexed reason, bytes32 detail, uint40 time
    );

    /// @notice These are the roles of the account from here on.
    event RolesChanged(address indexed account, address indexed by, uint8 roles);

    /// @notice A key offers its roles; to zero: takes the offer back.
    event KeyOffered(address indexed account, address indexed successor);

    /// @notice The successor has the roles now, and the predecessor never acts again.
    event KeyRotated(address indexed predecessor, address indexed successor, uint40 time);

    /// @notice What the account wrote at this time or later is not to be trusted.
    event KeyCompromised(address indexed account, address indexed by, uint40 since);

    /// @notice Nothing is written here any more; revoking goes on.
    event Retired(address indexed by, address indexed successor);

    /// @dev A digest of zero stands for none.
    error ZeroDigest();
    /// @dev Zero is no kind; 254 and 255 are given by this contract alone.
    error ReservedKind(uint8 kind);
    error AlreadyAnchored(bytes32 statement, address by, uint40 time);
    /// @dev The status says why: 0 not here, 2 revoked, 3 written by a compromised key.
    error ParentUnusable(bytes32 parent, uint8 status);
    /// @dev Parents are a set, so there is one way to write them: strictly ascending.
    error ParentsUnordered(bytes32 parent);
    error LengthMismatch(uint256 statements, uint256 subjects);
    /// @dev A tree without leaves, or a round without clients.
    error EmptyTree();
    error MissingRole(address account, uint8 role);
    /// @dev Since when: compromised itself, by inheritance, or handed on.
    error KeyUnusable(address account, uint40 since);
    /// @dev Not the signer's, or one of two spellings of the same signature (s in the upper half).
    error BadSignature();
    error Expired(uint256 deadline);
    error UnknownStatement(bytes32 statement);
    error AlreadyRevoked(bytes32 statement);
    error NotInTree(bytes32 statement);
    error TaskExists(bytes32 task);
    error UnknownTask(bytes32 task);
    error BadQuorum(uint8 quorum, uint256 coordinators);
    error NotCoordinator(bytes32 task, address account);
    error AlreadyApproved(address coordinator);
    error WrongRound(uint32 expected);
    error WrongHead(bytes32 expected);
    error LastAdmin();
    /// @dev A date of compromise is not zero, not in the future, and earlier than the one known.
    error BadDate(uint40 since, uint40 latest);
    /// @dev The account has a history or a place already, where a new one is needed.
    error KeyInUse(address account);
    error NotOffered(address predecessor, address successor);
    error TooManyRotations();
    error TooManyWriters();
    /// @dev Only the bits 1, 2, 4, 8 are roles, and nobody is the account zero.
    error BadRoles(address account, uint8 roles);
    error ContractRetired(address successor);
}

/// @title Who may do what: roles, rotation of keys, compromise, retirement.
/// @dev A rotation makes the successor, a key without any past, the only heir of a key that is spent from then on.
/// So keys form lines that never branch, meet or close.
abstract contract Keys is State {
    /// @notice Gives the account exactly these roles. By an ADMIN.
    /// @param account A key that is not spent; for any role at all, one that is not suspect.
    /// @param roles Sum of ADMIN 1, ANCHORER 2, COORDINATOR 4, REVOKER 8; after retirement neither 2 nor 4.
    function setRoles(address account, uint8 roles) external {
        _authorise(msg.sender, ADMIN);
        if (account == address(0) || roles > ALL_ROLES) revert BadRoles(account, roles);
        if (roles & WRITING != 0 && retired) revert ContractRetired(successor);
        uint8 before = keys[account].roles;
        if (before == SPENT) revert KeyUnusable(account, keys[heir[account]].appointedAt);
        uint40 since = suspectSince(account);
        if (since != 0 && roles != 0) revert KeyUnusable(account, since);

        bool wasAdmin = _isAdmin(account);
        keys[account].roles = roles;
        _countAdmin(wasAdmin, _isAdmin(account));
        _listWriter(account, before & WRITING != 0, roles & WRITING != 0);
        emit RolesChanged(account, msg.sender, roles);
    }

    /// @notice Offers all roles of the caller to another key, which must accept; zero takes the offer back.
    /// @param to A key without roles and without a past: not rotated to or from, not compromised.
    function rotateKey(address to) external {
        _authorise(msg.sender, ALL_ROLES);
        if (!_isFresh(to)) revert KeyInUse(to);
        offered[msg.sender] = to;
        emit KeyOffered(msg.sender, to);
    }

    /// @notice Takes over the roles, the tasks and the right to revoke from the key that offered them; ends that key.
    function acceptKey(address predecessor) external {
        // To zero nothing is offered, though every account without an offer stands there.
        if (msg.sender == address(0) || offered[predecessor] != msg.sender) revert NotOffered(predecessor, msg.sender);
        _authorise(predecessor, ALL_ROLES);
        if (!_isFresh(msg.sender)) revert KeyInUse(msg.sender);

        Key memory old = keys[predecessor];
        if (old.depth == MAX_DEPTH) revert TooManyRotations();
        uint40 time = uint40(block.timestamp);
        keys[msg.sender] = Key(predecessor, 0, time, old.depth + 1, old.roles);
        keys[predecessor].roles = SPENT;
        heir[predecessor] = msg.sender;
        delete offered[predecessor];
        if (old.roles & WRITING != 0) _writers[_placeOf(predecessor)] = msg.sender;
        emit KeyRotated(predecessor, msg.sender, time);
    }

    /// @notice Declares that others may have held the key since then: what it wrote before stays, it acts no more, and
    /// if it has handed over since then, its heirs are suspect from their appointment on. By an ADMIN.
    /// @param since Seconds since 1970. Not in the future; can be made earlier later on, never later.
    function markCompromised(address account, uint40 since) external {
        _authorise(msg.sender, ADMIN);
        uint40 known = keys[account].compromisedSince;
        uint40 latest = known == 0 ? uint40(block.timestamp) : known - 1;
        if (since == 0 || since > latest) revert BadDate(since, latest);

        // Of a line only the last key can act, and the news may travel down to it.
        address last = account;
        while (heir[last] != address(0)) last = heir[last];
        bool wasAdmin = _isAdmin(last);
        keys[account].compromisedSince = since;
        _countAdmin(wasAdmin, _isAdmin(last));
        emit KeyCompromised(account, msg.sender, since);
    }

    /// @notice Ends all writing, for good: every ANCHORER and COORDINATOR loses that role, and none is appointed again.
    /// Revoking, rotation and declaring a compromise go on. By an ADMIN.
    /// @dev A flag that every write looks at would cost 2,100 gas each, forever; this costs about 13,000 a writer, once.
    /// @param to The contract that goes on, or zero.
    function retire(address to) external {
        _authorise(msg.sender, ADMIN);
        if (retired) revert ContractRetired(successor);
        retired = true;
        successor = to;
        for (uint256 i = _writers.length; i > 0; --i) {
            address writer = _writers[i - 1];
            uint8 roles = keys[writer].roles & ~WRITING;
            keys[writer].roles = roles;
            _writers.pop();
            emit RolesChanged(writer, msg.sender, roles);
        }
        emit Retired(msg.sender, to);
    }

    /// @notice Since when the key's records are not to be trusted; zero: they are.
    /// @dev The earlier of its own date and of its appointment, where a key before it in the line was compromised at or
    /// before its own handing over.
    function suspectSince(address account) public view returns (uint40 since) {
        return _suspectSince(keys[account]);
    }
    /// @notice Every account that has a writing role, in no order. Some may be suspect, and then cannot use it.
    function writers() external view returns (address[] memory) {
        return _writers;
    }

    /// @dev Returns only if the account has one of the roles and is not suspect.
    function _authorise(address account, uint8 roles) internal view {
        Key memory key = keys[account];
        if (key.roles & roles == 0) _refuse(account, roles);
        uint40 since = _suspectSince(key);
        if (since != 0) revert KeyUnusable(account, since);
    }

    /// @dev Whether the account is the ancestor or its last heir, and may act.
    function _speaksFor(address account, address ancestor) internal view returns (bool) {
        Key memory key = keys[account];
        if (key.roles == SPENT || _suspectSince(key) != 0) return false;
        while (account != ancestor && account != address(0)) account = keys[account].predecessor;
        return account != address(0);
    }

    function _suspectSince(Key memory key) private view returns (uint40 since) {
        since = key.compromisedSince;
        uint40 appointed = key.appointedAt;
        while (key.predecessor != address(0)) {
            uint40 handover = key.appointedAt;
            key = keys[key.predecessor];
            if (key.compromisedSince != 0 && key.compromisedSince <= handover) {
                return since == 0 || appointed < since ? appointed : since;
            }
        }
    }

    function _refuse(address account, uint8 roles) private view {
        if (keys[account].roles == SPENT) revert KeyUnusable(account, keys[heir[account]].appointedAt);
        if (roles & WRITING == roles && retired) revert ContractRetired(successor);
        revert MissingRole(account, roles);
    }

    function _isAdmin(address account) private view returns (bool) {
        Key memory key = keys[account];
        return key.roles & ADMIN != 0 && _suspectSince(key) == 0;
    }

    function _isFresh(address account) private view returns (bool) {
        Key memory key = keys[account];
        return key.roles == 0 && key.predecessor == address(0) && key.compromisedSince == 0;
    }

    function _countAdmin(bool was, bool is_) private {
        if (is_ && !was) ++admins;
        if (was && !is_) {
            if (admins == 1) revert LastAdmin();
            --admins;
        }
    }

    function _listWriter(address account, bool was, bool is_) private {
        if (is_ && !was) {
            if (_writers.length == MAX_WRITERS) revert TooManyWriters();
            _writers.push(account);
        }
        if (was && !is_) {
            _writers[_placeOf(account)] = _writers[_writers.length - 1];
            _writers.pop();
        }
    }

    function _placeOf(address writer) private view returns (uint256 place) {
        while (_writers[place] != writer) ++place;
    }
}

/// @title Who stated which digest first, when, and from which parents it was made.
/// @dev Parents must be here already and a child must not be, so the lineage cannot hold a cycle.
abstract contract Statements is Keys {
    bytes32 private constant DOMAIN_TYPE =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 private constant ANCHOR_TYPE =
        keccak256("Anchor(bytes32 statement,bytes32 subject,uint8 kind,bytes32[] parents,uint256 deadline)");
    /// @dev Half of the order of secp256k1: of the two spellings of a signature, the one with the lower s counts.
    uint256 private constant HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0;

    /// @notice Writes a statement that is not here yet; the first writer wins. By an ANCHORER.
    /// @param statement SHA-256 of the canonical statement.
    /// @param subject SHA-256 of the file or folder that it is about; can be searched for.
    /// @param kind What it is: 1 to 253, by the caller's numbering.
    /// @param parents Statements that it was made from: all here and valid, strictly ascending, possibly none.
    function anchor(bytes32 statement, bytes32 subject, uint8 kind, bytes32[] calldata parents) external {
        _authorise(msg.sender, ANCHORER);
        _checkKind(kind);
        _anchor(msg.sender, statement, subject, kind, parents);
    }

    /// @notice Writes many statements without parents; those that are here already are left as they are.
    /// @return written How many were not here.
    function anchorMany(bytes32[] calldata statements, bytes32[] calldata subjects, uint8 kind)
        external
        returns (uint256 written)
    {
        _authorise(msg.sender, ANCHORER);
        _checkKind(kind);
        if (statements.length != subjects.length) revert LengthMismatch(statements.length, subjects.length);
        for (uint256 i = 0; i < statements.length; ++i) {
            if (_records[statements[i]] != 0) continue;
            _write(msg.sender, statements[i], subjects[i], kind);
            ++written;
        }
    }

    /// @notice Writes the root over any number of statements: one record for all of them. By an ANCHORER.
    /// @param size How many leaves the tree has.
    /// @return id The key of the record.
    function anchorTree(bytes32 root, uint64 size) external returns (bytes32 id) {
        _authorise(msg.sender, ANCHORER);
        if (root == 0) revert ZeroDigest();
        if (size == 0) revert EmptyTree();
        id = Tree.id(root, size);
        emit TreeAnchored(id, root, msg.sender, size, _record(msg.sender, id, TREE, 0));
    }

    /// @notice Writes a statement for an ANCHORER who signed it (EIP-712); whoever sends it pays.
    /// @dev Needs no nonce: what is here cannot be written again, and nothing ever leaves.
    /// @param deadline Seconds since 1970; the last second in which the signature counts.
    /// @param r,vs The signature in the short form of EIP-2098.
    function anchorBySig(
        address signer,
        bytes32 statement,
        bytes32 subject,
        uint8 kind,
        bytes32[] calldata parents,
        uint256 deadline,
        bytes32 r,
        bytes32 vs
    ) external {
        if (block.timestamp > deadline) revert Expired(deadline);
        bytes32 parentsHash = keccak256(abi.encodePacked(parents));
        bytes32 message = keccak256(abi.encode(ANCHOR_TYPE, statement, subject, kind, parentsHash, deadline));
        if (signer == address(0) || _signerOf(message, r, vs) != signer) revert BadSignature();
        _authorise(signer, ANCHORER);
        _checkKind(kind);
        _anchor(signer, statement, subject, kind, parents);
    }

    /// @notice Declares for good that a statement, or a tree with all its leaves, counts no more. By its anchorer, by
    /// who took over that key, or by a REVOKER.
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

    /// @notice 0 unknown, 1 valid, 2 revoked, 3 written when its anchorer's key was compromised.
    function status(bytes32 statement) public view returns (uint8) {
        uint256 record = _records[statement];
        if (record == 0) return UNKNOWN;
        if (_isRevoked(record)) return REVOKED;
        uint40 since = suspectSince(_anchorer(record));
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

    /// @notice The key under which a tree is recorded.
    function treeId(bytes32 root, uint64 size) external pure returns (bytes32) {
        return Tree.id(root, size);
    }

    /// @notice Whether the statement is that leaf of the tree; whether the tree is here, `status(treeId)` tells.
    function verifyInclusion(bytes32 root, uint64 size, uint64 index, bytes32 statement, bytes32[] calldata path)
        external
        pure
        returns (bool)
    {
        return Tree.contains(root, size, index, statement, path);
    }

    /// @notice The EIP-712 domain: name ModelAnchor, version 1, this chain, this contract.
    /// @dev Computed at each use: an immutable would make the code, and its hash, differ from one deployment to the next.
    function domainSeparator() public view returns (bytes32) {
        return keccak256(
            abi.encode(DOMAIN_TYPE, keccak256("ModelAnchor"), keccak256("1"), block.chainid, address(this))
        );
    }

    /// @dev Checks the parents and writes the child. Authorise first.
    function _anchor(
        address anchorer,
        bytes32 statement,
        bytes32 subject,
        uint8 kind,
        bytes32[] calldata parents
    ) internal {
        _write(anchorer, statement, subject, kind);
        bytes32 previous = 0;
        for (uint256 i = 0; i < parents.length; ++i) {
            bytes32 parent = parents[i];
            if (parent <= previous) revert ParentsUnordered(parent);
            _checkParent(parent);
            if (parent == statement) revert ParentUnusable(parent, UNKNOWN);
            emit Derived(parent, statement);
            previous = parent;
        }
    }

    function _checkParent(bytes32 parent) internal view {
        uint8 found = status(parent);
        if (found != VALID) revert ParentUnusable(parent, found);
    }

    function _write(address anchorer, bytes32 statement, bytes32 subject, uint8 kind) private {
        if (statement == 0 || subject == 0) revert ZeroDigest();
        emit Anchored(statement, subject, anchorer, kind, _record(anchorer, statement, kind, 0));
    }

    /// @param revoked Zero, or what `_revokedFor` says.
    function _record(address anchorer, bytes32 key, uint8 kind, uint256 revoked) private returns (uint40 time) {
        uint256 known = _records[key];
        if (known != 0) revert AlreadyAnchored(key, _anchorer(known), _time(known));
        time = uint40(block.timestamp);
        uint256 when = uint256(uint32(block.number)) << 200 | uint256(time) << 160;
        _records[key] = revoked | uint256(kind) << 232 | when | uint160(anchorer);
    }

    function _authoriseRevoking(address anchorer) private view {
        if (!_speaksFor(msg.sender, anchorer)) _authorise(msg.sender, REVOKER);
    }

    function _signerOf(bytes32 message, bytes32 r, bytes32 vs) private view returns (address) {
        bytes32 s = vs & bytes32(type(uint256).max >> 1);
        if (uint256(s) > HALF_ORDER) revert BadSignature();
        uint8 v = uint8(uint256(vs) >> 255) + 27;
        return ecrecover(keccak256(abi.encodePacked("\x19\x01", domainSeparator(), message)), v, r, s);
    }

    function _checkKind(uint8 kind) private pure {
        if (kind == 0 || kind >= LEAF) revert ReservedKind(kind);
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

/// @title Federated tasks: chains of rounds, each the child of the one before.
/// @dev A round is one record whatever the number of its clients; their updates stand behind one Merkle root.
abstract contract Tasks is Statements {
    /// @notice Begins a chain of rounds. By a COORDINATOR.
    /// @param task Its name, a digest not used for a task yet.
    /// @param base The valid statement that round 1 goes on from.
    /// @param coordinators Who may close rounds, each once: keys with the role COORDINATOR.
    /// @param quorum How many of them must approve a round: 1 to their number.
    function openTask(bytes32 task, bytes32 base, address[] calldata coordinators, uint8 quorum) external {
        _authorise(msg.sender, COORDINATOR);
        if (task == 0) revert ZeroDigest();
        if (tasks[task].quorum != 0) revert TaskExists(task);
        if (quorum == 0 || quorum > coordinators.length || coordinators.length > MAX_COORDINATORS) {
            revert BadQuorum(quorum, coordinators.length);
        }
        _checkParent(base);
        for (uint256 i = 0; i < coordinators.length; ++i) {
            _authorise(coordinators[i], COORDINATOR);
            if (named[task][coordinators[i]]) revert KeyInUse(coordinators[i]);
            named[task][coordinators[i]] = true;
        }
        _coordinators[task] = coordinators;
        tasks[task] = Task(base, 0, quorum, msg.sender);
        emit TaskOpened(task, base, msg.sender, coordinators, quorum);
    }

    /// @notice Approves a round, and closes it when the quorum is reached. By a coordinator of the task or by who took
    /// over that key.
    /// @param round number: one more than rounds closed; parents: the task's head among them; updates: RFC 6962 root of
    /// the clients' updates; clients: how many. All coordinators must send the same.
    function closeRound(Round calldata round) external {
        _authorise(msg.sender, COORDINATOR);
        Task memory task = tasks[round.task];
        if (task.quorum == 0) revert UnknownTask(round.task);
        address seat = _seatOf(round.task, msg.sender);
        if (seat == address(0)) revert NotCoordinator(round.task, msg.sender);
        if (round.number != task.rounds + 1) revert WrongRound(task.rounds + 1);
        if (!_holds(round.parents, task.head)) revert WrongHead(task.head);
        if (round.updates == 0) revert ZeroDigest();
        if (round.clients == 0) revert EmptyTree();

        bytes32 proposal = keccak256(abi.encode(round));
        emit RoundApproved(round.task, round.number, msg.sender, proposal);
        if (task.quorum > 1) {
            _approve(proposal, seat);
            if (_approved(round.task, proposal) < task.quorum) return;
        }
        _anchor(msg.sender, round.statement, round.subject, ROUND, round.parents);
        tasks[round.task].head = round.statement;
        tasks[round.task].rounds = round.number;
        emit RoundClosed(round.task, round.number, round.statement, round.updates, round.clients);
    }

    /// @notice Whether the account can approve rounds of the task now, for itself or as the heir of a coordinator.
    function isCoordinator(bytes32 task, address account) external view returns (bool) {
        bool can = keys[account].roles & COORDINATOR != 0 && suspectSince(account) == 0;
        return can && _seatOf(task, account) != address(0);
    }

    /// @notice The coordinators as named when the task was opened.
    function coordinatorsOf(bytes32 task) external view returns (address[] memory) {
        return _coordinators[task];
    }

    /// @notice How many approvals a proposal has, where more than one is needed. Those given with a key that is suspect
    /// by now do not count.
    function approvalsOf(bytes32 task, bytes32 proposal) external view returns (uint256) {
        return _approved(task, proposal);
    }

    /// @dev The named coordinator for whom the account acts, or zero. A line of keys holds one seat.
    function _seatOf(bytes32 task, address account) private view returns (address) {
        while (account != address(0) && !named[task][account]) account = keys[account].predecessor;
        return account;
    }

    /// @dev Any number of different proposals can be approved, so that a disagreement can end; each once a seat.
    function _approve(bytes32 proposal, address seat) private {
        address known = approvals[proposal][seat];
        if (known != address(0) && suspectSince(known) == 0) revert AlreadyApproved(seat);
        approvals[proposal][seat] = msg.sender;
    }

    function _approved(bytes32 task, bytes32 proposal) private view returns (uint256 count) {
        address[] memory seats = _coordinators[task];
        for (uint256 i = 0; i < seats.length; ++i) {
            address key = approvals[proposal][seats[i]];
            if (key != address(0) && suspectSince(key) == 0) ++count;
        }
    }

    function _holds(bytes32[] calldata parents, bytes32 head) private pure returns (bool) {
        for (uint256 i = 0; i < parents.length; ++i) {
            if (parents[i] == head) return true;
        }
        return false;
    }
}

/// @title ModelAnchor: a registry of statements about models, data and federated rounds.
/// @notice A digest is written once and never changed or removed, only revoked; there is no upgrade and no ether.
/// @dev State holds what is stored and said, Keys who may, Statements the writing, Tasks the rounds, Tree the hashing.
contract ModelAnchor is Tasks {
    /// @param admin The first account, with every role; on a public chain better a multisig.
    constructor(address admin) {
        if (admin == address(0)) revert BadRoles(admin, ALL_ROLES);
        keys[admin].roles = ALL_ROLES;
        admins = 1;
        _writers.push(admin);
        emit RolesChanged(admin, msg.sender, ALL_ROLES);
    }
}
