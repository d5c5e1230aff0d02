// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Cheats} from "./Cheats.sol";

/// @dev What the contract should hold, kept a second time in the plainest way; nothing here is taken from its code.
abstract contract Model is Cheats {
    struct Person {
        uint8 roles;
        bool spent;
        address predecessor;
        uint40 appointed;
        uint40 compromised;
        uint8 depth;
        address offer;
    }

    struct Entry {
        address anchorer;
        uint40 time;
        uint32 number;
        uint8 kind;
        bool revoked;
        uint8 reason;
        bytes32[] parents;
    }

    struct Line {
        bytes32 head;
        uint32 rounds;
        uint8 quorum;
        address[] coordinators;
    }

    address[] public actors;
    bytes32[] public written;
    bytes32[] public opened;
    bool public ended;

    mapping(address => Person) internal person;
    mapping(bytes32 => Entry) internal entry;
    mapping(bytes32 => Line) internal line;
    mapping(bytes32 => mapping(address => address)) internal voice;

    function suspect(address account) public view returns (uint40) {
        Person storage one = person[account];
        uint40 own = one.compromised;
        if (one.predecessor == address(0)) return own;
        uint40 before = suspect(one.predecessor);
        if (before == 0 || before > one.appointed) return own;
        return own == 0 || one.appointed < own ? one.appointed : own;
    }

    function can(address account, uint8 roles) public view returns (bool) {
        Person storage one = person[account];
        return !one.spent && one.roles & roles != 0 && suspect(account) == 0;
    }

    function isFresh(address account) public view returns (bool) {
        Person storage one = person[account];
        return one.roles == 0 && !one.spent && one.predecessor == address(0) && one.compromised == 0;
    }

    function usableAdmins() public view returns (uint256 count) {
        for (uint256 i = 0; i < actors.length; ++i) if (can(actors[i], ADMIN)) ++count;
    }

    function numWriters() public view returns (uint256 count) {
        for (uint256 i = 0; i < actors.length; ++i) if (isWriter(actors[i])) ++count;
    }

    function isWriter(address account) public view returns (bool) {
        return !person[account].spent && person[account].roles & (ANCHORER | COORDINATOR) != 0;
    }

    function state(bytes32 statement) public view returns (uint8) {
        Entry storage one = entry[statement];
        if (one.anchorer == address(0)) return 0;
        if (one.revoked) return 2;
        uint40 since = suspect(one.anchorer);
        return since != 0 && one.time >= since ? 3 : 1;
    }

    /// @dev Whether the account is the ancestor or inherits from it, and may speak.
    function speaksFor(address account, address ancestor) public view returns (bool) {
        if (person[account].spent || suspect(account) != 0) return false;
        return descends(account, ancestor);
    }

    function descends(address account, address ancestor) public view returns (bool) {
        if (account == ancestor) return true;
        address before = person[account].predecessor;
        return before != address(0) && descends(before, ancestor);
    }

    function seat(bytes32 task, address account) public view returns (address) {
        for (uint256 i = 0; i < line[task].coordinators.length; ++i) {
            if (line[task].coordinators[i] == account) return account;
        }
        address before = person[account].predecessor;
        return before == address(0) ? before : seat(task, before);
    }

    function voices(bytes32 task, bytes32 proposal) public view returns (uint256 count) {
        for (uint256 i = 0; i < line[task].coordinators.length; ++i) {
            address key = voice[proposal][line[task].coordinators[i]];
            if (key != address(0) && suspect(key) == 0) ++count;
        }
    }

    /// @dev All of them can be named for a task, each once.
    function areCoordinators(address[] memory named) public view returns (bool) {
        for (uint256 i = 0; i < named.length; ++i) {
            if (!can(named[i], COORDINATOR)) return false;
            for (uint256 j = 0; j < i; ++j) if (named[i] == named[j]) return false;
        }
        return true;
    }

    function areUsable(bytes32[] memory parents) public view returns (bool) {
        for (uint256 i = 0; i < parents.length; ++i) {
            if (state(parents[i]) != 1 || (i > 0 && parents[i] <= parents[i - 1])) return false;
        }
        return true;
    }

    function write(address by, bytes32 statement, uint8 kind, bytes32[] memory parents) internal {
        entry[statement] =
            Entry(by, uint40(block.timestamp), uint32(block.number), kind, false, 0, parents);
        written.push(statement);
    }

    function numWritten() external view returns (uint256) {
        return written.length;
    }

    function numOpened() external view returns (uint256) {
        return opened.length;
    }

    function personOf(address account) external view returns (Person memory) {
        return person[account];
    }

    function entryOf(bytes32 statement) external view returns (Entry memory) {
        return entry[statement];
    }

    function lineOf(bytes32 task) external view returns (Line memory) {
        return line[task];
    }
}
