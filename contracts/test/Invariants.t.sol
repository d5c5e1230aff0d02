// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Handled} from "./Handled.sol";
import {Model} from "./Model.sol";

/// @dev What is true after any sequence of calls.
contract InvariantTest is Handled {
    function targetContracts() external view returns (address[] memory) {
        return people(address(handler));
    }

    function invariant_every_call_is_accepted_or_refused_as_the_model_says() external view {
        same("surprise", handler.surprise(), 0);
    }

    function invariant_records_are_as_first_written_but_for_the_revocation() external view {
        for (uint256 i = 0; i < handler.numWritten(); ++i) {
            Model.Entry memory one = handler.entryOf(handler.written(i));
            (address anchorer, uint40 time, uint32 number, uint8 kind, uint16 flags) =
                anchors.records(handler.written(i));
            same("anchorer", anchorer, one.anchorer);
            same("time", time, one.time);
            same("block", number, one.number);
            same("kind", kind, one.kind);
            same("flags", flags, one.revoked ? uint256(one.reason) << 8 | 1 : 0);
        }
    }

    function invariant_nothing_is_here_that_nobody_wrote() external view {
        for (uint256 n = 0; n < 24; ++n) {
            bytes32 statement = handler.digest(n);
            if (handler.state(statement) == 0) same("slot", slotOf(statement), 0);
        }
        same("slot of zero", slotOf(0), 0);
    }

    function invariant_the_status_of_every_statement_is_the_models() external view {
        for (uint256 i = 0; i < handler.numWritten(); ++i) {
            same("status", anchors.status(handler.written(i)), handler.state(handler.written(i)));
        }
    }

    function invariant_parents_are_older_than_their_children() external view {
        for (uint256 i = 0; i < handler.numWritten(); ++i) {
            bytes32[] memory parents = handler.entryOf(handler.written(i)).parents;
            for (uint256 j = 0; j < parents.length; ++j) {
                uint256 place = 0;
                while (handler.written(place) != parents[j]) ++place;
                holds("older", place < i);
            }
        }
    }

    function invariant_only_contract_kinds_are_reserved_kinds() external view {
        for (uint256 i = 0; i < handler.numWritten(); ++i) {
            (,,, uint8 kind, uint16 flags) = anchors.records(handler.written(i));
            holds("kind", kind != 0);
            if (kind == 254) holds("a leaf is here because it was revoked", flags & 1 == 1);
        }
    }

    function invariant_keys_are_the_models() external view {
        for (uint256 i = 0; i < actors.length; ++i) {
            Model.Person memory one = handler.personOf(actors[i]);
            (address predecessor, uint40 since, uint40 appointed, uint8 depth, uint8 roles) =
                anchors.keys(actors[i]);
            same("predecessor", predecessor, one.predecessor);
            same("since", since, one.compromised);
            same("appointed", appointed, one.appointed);
            same("depth", depth, one.depth);
            same("roles", roles, one.spent ? SPENT : one.roles);
            same("offer", anchors.offered(actors[i]), one.offer);
        }
    }

    function invariant_suspicion_is_inherited_as_defined() external view {
        for (uint256 i = 0; i < actors.length; ++i) {
            same("suspect", anchors.suspectSince(actors[i]), handler.suspect(actors[i]));
        }
    }

    function invariant_a_suspicion_never_heals() external view {
        same("healed", handler.healed(), address(0));
    }

    function invariant_there_is_always_an_admin_who_can_act() external view {
        same("admins", anchors.admins(), handler.usableAdmins());
        holds("one", anchors.admins() >= 1);
    }

    function invariant_every_writer_is_listed_once_and_nobody_else() external view {
        address[] memory all = anchors.writers();
        same("number", all.length, handler.numWriters());
        for (uint256 i = 0; i < all.length; ++i) {
            holds("writes", handler.isWriter(all[i]));
            for (uint256 j = 0; j < i; ++j) holds("once", all[i] != all[j]);
        }
    }

    function invariant_lines_of_keys_neither_branch_nor_close() external view {
        for (uint256 i = 0; i < actors.length; ++i) {
            (address predecessor,,, uint8 depth, uint8 roles) = anchors.keys(actors[i]);
            same("spent", anchors.heir(actors[i]) != address(0) ? SPENT : roles & ALL, roles);
            if (predecessor == address(0)) {
                same("first", depth, 0);
            } else {
                (,,, uint8 before,) = anchors.keys(predecessor);
                same("depth", depth, before + 1);
                same("heir", anchors.heir(predecessor), actors[i]);
            }
        }
    }

    function invariant_a_retired_contract_has_no_writers() external view {
        holds("retired", anchors.retired() == handler.ended());
        if (handler.ended()) same("writers", anchors.writers().length, 0);
    }

    function invariant_a_task_stands_at_its_last_round() external view {
        for (uint256 i = 0; i < handler.numOpened(); ++i) {
            bytes32 task = handler.opened(i);
            Model.Line memory one = handler.lineOf(task);
            (bytes32 head, uint32 rounds, uint8 quorum,) = anchors.tasks(task);
            same("head", head, one.head);
            same("rounds", rounds, one.rounds);
            same("quorum", quorum, one.quorum);
            holds("is here", anchors.status(head) != 0);
            for (; rounds > 0; --rounds) {
                Model.Entry memory closed = handler.entryOf(head);
                same("kind", closed.kind, 5);
                same("one way back", closed.parents.length, 1);
                head = closed.parents[0];
            }
            holds("the base is no round of this task", anchors.status(head) != 0);
        }
    }

    function slotOf(bytes32 statement) private view returns (uint256) {
        return uint256(vm.load(address(anchors), keccak256(abi.encode(statement, uint256(0)))));
    }
}
