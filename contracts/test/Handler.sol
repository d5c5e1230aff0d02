// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Model} from "./Model.sol";
import {Merkle} from "./Merkle.sol";
import {ModelAnchor, State} from "../ModelAnchor.sol";

/// @dev Does what the fuzzer says, through few accounts and few digests so that they meet, and compares every answer
/// with the model's: what it accepts must be accepted, everything else refused.
contract Handler is Model {
    bytes32 private constant DETAIL = keccak256("detail");
    uint64 private constant SIZE = 3;

    /// @notice The first action that the contract answered otherwise than the model; zero if none.
    bytes32 public surprise;
    /// @notice The first account whose date of suspicion went away or moved later; zero if none.
    address public healed;
    /// @notice How many actions were accepted, by name.
    mapping(bytes32 action => uint256) public accepted;

    uint40 private time = NOW;
    mapping(address => uint40) private suspectBefore;

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
            uint40 since = anchors.suspectSince(actors[i]);
            uint40 before = suspectBefore[actors[i]];
            if (before != 0 && (since == 0 || since > before)) healed = actors[i];
            suspectBefore[actors[i]] = since;
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

    function anchorMany(uint256 by, uint256 n, uint256 m) external later(n) {
        address who = actor(by);
        bytes32[] memory statements = new bytes32[](2);
        (statements[0], statements[1]) = (digest(n), digest(m));
        bool fine = can(who, ANCHORER);
        vm.prank(who);
        try anchors.anchorMany(statements, list(DETAIL, DETAIL), 3) returns (uint256 count) {
            uint256 before = written.length;
            if (!judge("anchorMany", fine, true)) return;
            for (uint256 i = 0; i < 2; ++i) {
                if (state(statements[i]) == 0) write(who, statements[i], 3, none());
            }
            if (written.length - before != count) surprise = "anchorMany counts";
        } catch {
            judge("anchorMany", fine, false);
        }
    }

    function anchorTree(uint256 by, uint256 n) external later(n) {
        (address who, bytes32 root) = (actor(by), rootOf(n));
        bytes32 id = anchors.treeId(root, SIZE);
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
        bool fine = !one.revoked && (can(who, REVOKER) || speaksFor(who, one.anchorer));
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
        Entry memory tree = entry[anchors.treeId(root, SIZE)];
        bool fine = tree.anchorer != address(0) && state(statement) == 0
            && (can(who, REVOKER) || speaksFor(who, tree.anchorer));
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
        bool fine = can(who, ADMIN) && roles <= ALL && !person[whom].spent && (roles == 0 || suspect(whom) == 0)
            && (!ended || roles & (ANCHORER | COORDINATOR) == 0)
            && (roles & ADMIN != 0 || !can(whom, ADMIN) || usableAdmins() > 1);
        vm.prank(who);
        try anchors.setRoles(whom, roles) {
            if (judge("setRoles", fine, true)) person[whom].roles = roles;
        } catch {
            judge("setRoles", fine, false);
        }
    }

    function rotateKey(uint256 by, uint256 to) external later(to) {
        address who = actor(by);
        address whom = to % 13 == 0 ? address(0) : actor(to);
        bool fine = can(who, ALL) && isFresh(whom);
        vm.prank(who);
        try anchors.rotateKey(whom) {
            if (judge("rotateKey", fine, true)) person[who].offer = whom;
        } catch {
            judge("rotateKey", fine, false);
        }
    }

    function acceptKey(uint256 from) external later(from) {
        address old = actor(from);
        address who = person[old].offer;
        if (who == address(0) || from % 7 == 0) who = actor(from / 7);
        bool fine = person[old].offer == who && can(old, ALL) && isFresh(who);
        vm.prank(who);
        try anchors.acceptKey(old) {
            if (!judge("acceptKey", fine, true)) return;
            (uint8 roles, uint8 depth) = (person[old].roles, person[old].depth + 1);
            person[who] = Person(roles, false, old, time, 0, depth, person[who].offer);
            (person[old].spent, person[old].offer) = (true, address(0));
        } catch {
            judge("acceptKey", fine, false);
        }
    }

    function markCompromised(uint256 by, uint256 to, uint256 ago) external later(ago) {
        // Rarely, for every key that falls leaves fewer that can do anything.
        if (ago % 6 != 1) return;
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

    function retire(uint256 by, uint256 chance) external later(chance) {
        if (chance % 32 != 1) return;
        bool fine = can(actor(by), ADMIN) && !ended;
        vm.prank(actor(by));
        try anchors.retire(stranger) {
            if (!judge("retire", fine, true)) return;
            ended = true;
            for (uint256 i = 0; i < actors.length; ++i) person[actors[i]].roles &= ADMIN | REVOKER;
        } catch {
            judge("retire", fine, false);
        }
    }

    // Tasks

    function openTask(uint256 by, uint256 n, uint256 base, uint8 quorum) external later(base) {
        bytes32 task = keccak256(abi.encode("task", n % 3));
        address who = actor(by);
        address[] memory named = new address[](1 + n / 3 % 3);
        for (uint256 i = 0; i < named.length; ++i) named[i] = i == 0 ? who : actor(uint256(keccak256(abi.encode(base, i))));
        if (quorum % 8 != 0) quorum = 1 + quorum / 8 % uint8(named.length);
        bool fine = can(who, COORDINATOR) && line[task].quorum == 0 && quorum != 0 && quorum <= named.length
            && state(older(base)) == 1 && areCoordinators(named);
        vm.prank(who);
        try anchors.openTask(task, older(base), named, quorum) {
            if (!judge("openTask", fine, true)) return;
            line[task] = Line(older(base), 0, quorum, named);
            opened.push(task);
        } catch {
            judge("openTask", fine, false);
        }
    }

    function closeRound(uint256 by, uint256 n, uint256 m) external later(m) {
        bytes32 task = opened.length == 0 ? DETAIL : opened[n % opened.length];
        Line storage one = line[task];
        address who = by % 4 == 0 || one.quorum == 0 ? actor(by) : tip(one.coordinators[by / 4 % one.coordinators.length]);
        uint32 number = one.rounds + 1 + (n % 17 == 0 ? 1 : 0);
        bytes32 head = n % 19 == 0 ? digest(n) : one.head;
        bytes32 statement = keccak256(abi.encode("round", task, number, m % 2));
        State.Round memory round = State.Round(task, number, statement, DETAIL, list(head), DETAIL, 1);
        bytes32 proposal = keccak256(abi.encode(round));
        address place = seat(task, who);
        bool fine = can(who, COORDINATOR) && one.quorum != 0 && place != address(0) && number == one.rounds + 1
            && head == one.head;
        bool closes;
        if (fine) {
            address known = voice[proposal][place];
            fine = one.quorum == 1 || known == address(0) || suspect(known) != 0;
            voice[proposal][place] = who;
            closes = voices(task, proposal) >= one.quorum;
            if (closes) fine = fine && state(statement) == 0 && areUsable(round.parents);
            if (!fine) voice[proposal][place] = known;
        }
        vm.prank(who);
        try anchors.closeRound(round) {
            if (!judge(closes ? bytes32("closeRound") : bytes32("approve"), fine, true) || !closes) return;
            write(who, statement, 5, round.parents);
            (one.head, one.rounds) = (statement, number);
        } catch {
            judge("closeRound", fine, false);
        }
    }

    function judge(bytes32 action, bool expected, bool found) private returns (bool) {
        if (expected != found && surprise == 0) surprise = action;
        if (found) ++accepted[action];
        return expected && found;
    }

    /// @dev Mostly an account that can still act: one of the first two, or the last of a line.
    function actor(uint256 n) private view returns (address) {
        address any = actors[n / 8 % actors.length];
        if (n % 8 < 3) return tip(actors[n % 2]);
        return n % 8 < 6 ? tip(any) : any;
    }

    function tip(address account) private view returns (address) {
        for (uint256 i = 0; i < actors.length; ++i) {
            if (person[actors[i]].predecessor == account) return tip(actors[i]);
        }
        return account;
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
