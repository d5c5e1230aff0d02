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
            if (handler.state(statement) == 0) same("slot", slotOf(statement, 0), 0);
        }
        same("slot of zero", slotOf(0, 0), 0);
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
            (uint8 roles, uint40 since) = anchors.keys(actors[i]);
            same("roles", roles, one.roles);
            same("since", since, one.compromised);
        }
    }

    function invariant_a_key_is_one_slot_of_its_two_fields() external view {
        for (uint256 i = 0; i < actors.length; ++i) {
            (uint8 roles, uint40 since) = anchors.keys(actors[i]);
            same("slot", slotOf(bytes32(uint256(uint160(actors[i]))), 1), uint256(since) << 8 | roles);
        }
    }

    function invariant_nobody_else_has_a_key() external view {
        address[4] memory others = [alice, rita, admin, address(0)];
        for (uint256 i = 0; i < 4; ++i) same("roles", rolesOf(others[i]), 0);
    }

    function invariant_a_compromise_never_heals() external view {
        same("healed", handler.healed(), address(0));
    }

    function invariant_there_is_always_an_admin_who_can_act() external view {
        same("admins", anchors.admins(), handler.usableAdmins());
        holds("one", anchors.admins() >= 1);
    }

    function slotOf(bytes32 key, uint256 mapping_) private view returns (uint256) {
        return uint256(vm.load(address(anchors), keccak256(abi.encode(key, mapping_))));
    }
}
