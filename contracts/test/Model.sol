// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Cheats} from "./Cheats.sol";

/// @dev What the contract should hold, kept a second time in the plainest way; nothing here is taken from its code.
abstract contract Model is Cheats {
    struct Person {
        uint8 roles;
        uint40 compromised;
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

    address[] public actors;
    bytes32[] public written;

    mapping(address => Person) internal person;
    mapping(bytes32 => Entry) internal entry;

    function can(address account, uint8 roles) public view returns (bool) {
        Person storage one = person[account];
        return one.roles & roles != 0 && one.compromised == 0;
    }

    function usableAdmins() public view returns (uint256 count) {
        for (uint256 i = 0; i < actors.length; ++i) if (can(actors[i], ADMIN)) ++count;
    }

    function state(bytes32 statement) public view returns (uint8) {
        Entry storage one = entry[statement];
        if (one.anchorer == address(0)) return 0;
        if (one.revoked) return 2;
        uint40 since = person[one.anchorer].compromised;
        return since != 0 && one.time >= since ? 3 : 1;
    }

    function isOwn(address account, address anchorer) public view returns (bool) {
        return account == anchorer && person[account].compromised == 0;
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

    function personOf(address account) external view returns (Person memory) {
        return person[account];
    }

    function entryOf(bytes32 statement) external view returns (Entry memory) {
        return entry[statement];
    }
}
