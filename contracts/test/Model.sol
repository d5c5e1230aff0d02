// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Merkle} from "./Merkle.sol";
import {ModelAnchor} from "../ModelAnchor.sol";

/// @dev What ModelAnchor should do, a second time and in the plainest way: nothing packed, each rule a line, in the
/// order in which they are refused. Only errors and events are the contract's own.
contract Model {
    struct Record {
        address anchorer;
        uint40 time;
        uint32 blockNumber;
        uint8 kind;
        uint16 flags;
    }

    struct Key {
        uint8 roles;
        uint40 compromisedSince;
    }

    uint8 private constant ADMIN = 1;
    uint8 private constant ANCHORER = 2;
    uint8 private constant REVOKER = 4;

    mapping(bytes32 => Record) public records;
    mapping(address => Key) public keys;
    /// @dev Whoever was ever appointed, each once.
    address[] private appointed;
    mapping(address => bool) private isAppointed;

    constructor(address admin) {
        require(admin != address(0), ModelAnchor.BadRoles(admin, 7));
        appoint(admin, 7);
    }

    function anchor(bytes32 statement, bytes32 subject, uint8 kind, bytes32[] calldata parents) external {
        demand(ANCHORER);
        require(kind > 0 && kind < 254, ModelAnchor.ReservedKind(kind));
        require(statement != 0 && subject != 0, ModelAnchor.ZeroDigest());
        demandNew(statement);
        for (uint256 i = 0; i < parents.length; ++i) {
            require(parents[i] > (i == 0 ? bytes32(0) : parents[i - 1]), ModelAnchor.ParentsUnordered(parents[i]));
            require(status(parents[i]) == 1, ModelAnchor.ParentUnusable(parents[i], status(parents[i])));
        }
        write(statement, msg.sender, kind, 0);
        emit ModelAnchor.Anchored(statement, subject, msg.sender, kind, uint40(block.timestamp));
        for (uint256 i = 0; i < parents.length; ++i) emit ModelAnchor.Derived(parents[i], statement);
    }

    function anchorTree(bytes32 root, uint64 size) external returns (bytes32 id) {
        demand(ANCHORER);
        require(root != 0, ModelAnchor.ZeroDigest());
        require(size > 0, ModelAnchor.EmptyTree());
        id = Merkle.id(root, size);
        demandNew(id);
        write(id, msg.sender, 255, 0);
        emit ModelAnchor.TreeAnchored(id, root, msg.sender, size, uint40(block.timestamp));
    }

    function revoke(bytes32 statement, uint8 reason, bytes32 detail) external {
        require(records[statement].kind != 0, ModelAnchor.UnknownStatement(statement));
        demandRevoker(records[statement].anchorer);
        require(records[statement].flags == 0, ModelAnchor.AlreadyRevoked(statement));
        records[statement].flags = uint16(reason) * 256 + 1;
        emit ModelAnchor.Revoked(statement, msg.sender, reason, detail, uint40(block.timestamp));
    }

    function revokeLeaf(
        bytes32 root,
        uint64 size,
        uint64 index,
        bytes32 statement,
        bytes32[] calldata path,
        uint8 reason,
        bytes32 detail
    ) external {
        Record memory tree = records[Merkle.id(root, size)];
        require(tree.kind == 255, ModelAnchor.UnknownStatement(Merkle.id(root, size)));
        demandRevoker(tree.anchorer);
        require(verifyInclusion(root, size, index, statement, path), ModelAnchor.NotInTree(statement));
        require(records[statement].kind != 254, ModelAnchor.AlreadyRevoked(statement));
        demandNew(statement);
        write(statement, tree.anchorer, 254, uint16(reason) * 256 + 1);
        emit ModelAnchor.Revoked(statement, msg.sender, reason, detail, uint40(block.timestamp));
    }

    function setRoles(address account, uint8 roles) external {
        demand(ADMIN);
        require(account != address(0) && roles <= 7, ModelAnchor.BadRoles(account, roles));
        uint40 since = keys[account].compromisedSince;
        require(since == 0 || roles == 0, ModelAnchor.KeyUnusable(account, since));
        appoint(account, roles);
        require(admins() > 0, ModelAnchor.LastAdmin());
    }

    function markCompromised(address account, uint40 since) external {
        demand(ADMIN);
        uint40 known = keys[account].compromisedSince;
        uint40 latest = known == 0 ? uint40(block.timestamp) : known - 1;
        require(since > 0 && since <= latest, ModelAnchor.BadDate(since, latest));
        keys[account].compromisedSince = since;
        require(admins() > 0, ModelAnchor.LastAdmin());
        emit ModelAnchor.KeyCompromised(account, msg.sender, since);
    }

    function admins() public view returns (uint64 count) {
        for (uint256 i = 0; i < appointed.length; ++i) if (can(appointed[i], ADMIN)) ++count;
    }

    function status(bytes32 statement) public view returns (uint8) {
        Record memory one = records[statement];
        uint40 since = keys[one.anchorer].compromisedSince;
        if (one.kind == 0) return 0;
        if (one.flags != 0) return 2;
        return since > 0 && one.time >= since ? 3 : 1;
    }

    function verifyInclusion(bytes32 root, uint64 size, uint64 index, bytes32 statement, bytes32[] calldata path)
        public
        pure
        returns (bool)
    {
        return Merkle.contains(root, size, index, statement, path);
    }

    function can(address account, uint8 role) private view returns (bool) {
        return keys[account].roles & role != 0 && keys[account].compromisedSince == 0;
    }

    function demand(uint8 role) private view {
        require(keys[msg.sender].roles & role != 0, ModelAnchor.MissingRole(msg.sender, role));
        require(can(msg.sender, role), ModelAnchor.KeyUnusable(msg.sender, keys[msg.sender].compromisedSince));
    }

    function demandRevoker(address anchorer) private view {
        if (msg.sender != anchorer || keys[anchorer].compromisedSince != 0) demand(REVOKER);
    }

    function demandNew(bytes32 key) private view {
        Record memory one = records[key];
        require(one.kind == 0, ModelAnchor.AlreadyAnchored(key, one.anchorer, one.time));
    }

    function write(bytes32 key, address anchorer, uint8 kind, uint16 flags) private {
        records[key] = Record(anchorer, uint40(block.timestamp), uint32(block.number), kind, flags);
    }

    function appoint(address account, uint8 roles) private {
        if (!isAppointed[account]) appointed.push(account);
        isAppointed[account] = true;
        keys[account].roles = roles;
        emit ModelAnchor.RolesChanged(account, msg.sender, roles);
    }
}
