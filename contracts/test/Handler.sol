// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Model} from "./Model.sol";
import {Merkle} from "./Merkle.sol";
import {ModelAnchor} from "../ModelAnchor.sol";

/// @dev Does what the fuzzer says, through few accounts and few digests so that they meet, and compares every answer
/// with the model's: what it accepts must be accepted, everything else refused.
contract Handler is Model {
    bytes32 private constant DETAIL = keccak256("detail");
    uint64 private constant SIZE = 3;

    /// @notice The first action that the contract answered otherwise than the model; zero if none.
    bytes32 public surprise;
    /// @notice The first account whose date of compromise went away or moved later; zero if none.
    address public healed;
    /// @notice How many actions were accepted, by name.
    mapping(bytes32 action => uint256) public accepted;

    uint40 private time = NOW;
    mapping(address => uint40) private sinceBefore;

    constructor(ModelAnchor contract_, address[] memory first, uint8[] memory roles) {
        anchors = contract_;
        for (uint256 i = 0; i < first.length; ++i) {
            actors.push(first[i]);
            person[first[i]].roles = roles[i];
        }
    }

    modifier later(uint256 seed) {
        // Now and then in the same second, so that "at or before" is met as well.
        if (seed % 3 != 0) time += uint40(1 + seed % 500);
        vm.warp(time);
        vm.roll(100 + (time - NOW) / 2);
        _;
        for (uint256 i = 0; i < actors.length; ++i) {
            uint40 since = sinceOf(actors[i]);
            uint40 before = sinceBefore[actors[i]];
            if (before != 0 && (since == 0 || since > before)) healed = actors[i];
            sinceBefore[actors[i]] = since;
        }
    }

    // Writing

    function anchor(uint256 by, uint256 n, uint256 a, uint256 b, uint8 kind) external later(n) {
        (address who, bytes32 statement) = (actor(by), digest(n));
        bytes32[] memory parents = a % 3 == 0 ? none() : a % 3 == 1 ? list(older(a)) : list(older(a), older(b));
        if (kind % 16 != 0) kind = 1 + kind % 8;
        bool fine = can(who, ANCHORER) && kind != 0 && kind < 254 && state(statement) == 0 && areUsable(parents);
        vm.prank(who);
        try anchors.anchor(statement, DETAIL, kind, parents) {
            if (judge("anchor", fine, true)) write(who, statement, kind, parents);
        } catch {
            judge("anchor", fine, false);
        }
    }

    function anchorTree(uint256 by, uint256 n) external later(n) {
        (address who, bytes32 root) = (actor(by), rootOf(n));
        bytes32 id = treeId(root, SIZE);
        bool fine = can(who, ANCHORER) && state(id) == 0;
        vm.prank(who);
        try anchors.anchorTree(root, SIZE) {
            if (judge("anchorTree", fine, true)) write(who, id, 255, none());
        } catch {
            judge("anchorTree", fine, false);
        }
    }

    function revoke(uint256 by, uint256 n, uint8 reason) external later(n) {
        if (written.length == 0) return;
        (address who, bytes32 statement) = (actor(by), written[n % written.length]);
        Entry storage one = entry[statement];
        bool fine = !one.revoked && (can(who, REVOKER) || isOwn(who, one.anchorer));
        vm.prank(who);
        try anchors.revoke(statement, reason, DETAIL) {
            if (judge("revoke", fine, true)) (one.revoked, one.reason) = (true, reason);
        } catch {
            judge("revoke", fine, false);
        }
    }

    function revokeLeaf(uint256 by, uint256 n, uint64 index, uint8 reason) external later(n) {
        index = index % SIZE;
        bytes32[] memory data = leavesOf(n);
        bytes32[] memory path = Merkle.path(data, index, 0, SIZE);
        (address who, bytes32 root) = (actor(by), rootOf(n));
        bytes32 statement = data[index];
        Entry memory tree = entry[treeId(root, SIZE)];
        bool fine = tree.anchorer != address(0) && state(statement) == 0
            && (can(who, REVOKER) || isOwn(who, tree.anchorer));
        vm.prank(who);
        try anchors.revokeLeaf(root, SIZE, index, statement, path, reason, DETAIL) {
            if (!judge("revokeLeaf", fine, true)) return;
            write(tree.anchorer, statement, 254, none());
            (entry[statement].revoked, entry[statement].reason) = (true, reason);
        } catch {
            judge("revokeLeaf", fine, false);
        }
    }

    // Keys

    function setRoles(uint256 by, uint256 to, uint8 roles) external later(to) {
        (address who, address whom) = (actor(by), actor(to));
        if (to / 64 % 4 != 0) roles = roles & ALL;
        if (to / 256 % 2 == 0) roles = ALL;
        bool fine = can(who, ADMIN) && roles <= ALL && (roles == 0 || person[whom].compromised == 0)
            && (roles & ADMIN != 0 || !can(whom, ADMIN) || usableAdmins() > 1);
        vm.prank(who);
        try anchors.setRoles(whom, roles) {
            if (judge("setRoles", fine, true)) person[whom].roles = roles;
        } catch {
            judge("setRoles", fine, false);
        }
    }

    function markCompromised(uint256 by, uint256 to, uint256 ago) external later(ago) {
        // Rarely, for every key that falls leaves fewer that can do anything.
        if (ago % 12 != 1) return;
        (address who, address whom) = (actor(by), actor(to));
        uint40 since = ago % 11 == 0 ? time + 1 : ago % 13 == 0 ? 0 : uint40(time - ago % 2000);
        uint40 known = person[whom].compromised;
        bool fine = can(who, ADMIN) && since != 0 && since <= time && (known == 0 || since < known);
        if (fine) {
            person[whom].compromised = since;
            if (usableAdmins() == 0) (fine, person[whom].compromised) = (false, known);
        }
        vm.prank(who);
        try anchors.markCompromised(whom, since) {
            judge("markCompromised", fine, true);
        } catch {
            judge("markCompromised", fine, false);
        }
    }

    function judge(bytes32 action, bool expected, bool found) private returns (bool) {
        if (expected != found && surprise == 0) surprise = action;
        if (found) ++accepted[action];
        return expected && found;
    }

    /// @dev Often one of the first two, which have every role.
    function actor(uint256 n) private view returns (address) {
        return actors[n % 8 < 3 ? n % 2 : n / 8 % actors.length];
    }

    /// @dev Mostly a statement that is here.
    function older(uint256 n) private view returns (bytes32) {
        return n % 5 == 0 || written.length == 0 ? digest(n) : written[n % written.length];
    }

    function digest(uint256 n) public pure returns (bytes32) {
        return keccak256(abi.encode("statement", n % 24));
    }

    function leavesOf(uint256 n) private pure returns (bytes32[] memory data) {
        data = new bytes32[](SIZE);
        for (uint256 i = 0; i < SIZE; ++i) data[i] = digest(n % 4 + i * 8);
    }

    function rootOf(uint256 n) private pure returns (bytes32) {
        return Merkle.root(leavesOf(n), 0, SIZE);
    }
}
