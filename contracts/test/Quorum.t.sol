// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {TaskBase} from "./TaskBase.sol";
import {State} from "../ModelAnchor.sol";

contract QuorumTest is TaskBase {
    function setUp() public override {
        super.setUp();
        open(people(carol, dora, emil), 2);
    }

    function test_a_round_closes_with_the_approval_that_makes_the_quorum() public {
        State.Round memory first = round(1, B);
        vm.prank(carol);
        emits();
        emit State.RoundApproved(T, 1, carol, proposal(first));
        anchors.closeRound(first);
        same("rounds", roundsOf(T), 0);
        same("status", anchors.status(first.statement), 0);
        same("approvals", anchors.approvalsOf(T, proposal(first)), 1);
        same("by", anchors.approvals(proposal(first), carol), carol);
        vm.prank(emil);
        emits();
        emit State.RoundApproved(T, 1, emil, proposal(first));
        emits();
        emit State.Anchored(first.statement, F, emil, 5, NOW);
        anchors.closeRound(first);
        same("rounds", roundsOf(T), 1);
        same("approvals", anchors.approvalsOf(T, proposal(first)), 2);
        refused(abi.encodeWithSelector(State.WrongRound.selector, 2));
        close(dora, first);
    }

    function test_a_coordinator_approves_a_proposal_once() public {
        close(carol, round(1, B));
        refused(abi.encodeWithSelector(State.AlreadyApproved.selector, carol));
        close(carol, round(1, B));
    }

    function test_a_coordinator_and_the_heir_have_one_voice() public {
        close(carol, round(1, B));
        rotate(carol, fresh);
        refused(abi.encodeWithSelector(State.AlreadyApproved.selector, carol));
        close(fresh, round(1, B));
        close(dora, round(1, B));
        same("rounds", roundsOf(T), 1);
    }

    function test_a_line_of_keys_with_two_names_in_it_has_the_later_voice() public {
        grant(dora, 0);
        rotate(carol, dora);
        close(dora, round(1, B));
        same("dora", anchors.approvals(proposal(round(1, B)), dora), dora);
        same("carol", anchors.approvals(proposal(round(1, B)), carol), address(0));
        same("rounds", roundsOf(T), 0);
    }

    function test_another_proposal_counts_by_itself() public {
        State.Round memory other = round(1, B);
        other.clients = 11;
        close(carol, round(1, B));
        close(dora, other);
        same("rounds", roundsOf(T), 0);
        close(carol, other);
        same("rounds", roundsOf(T), 1);
    }

    function test_the_voice_of_a_key_that_fell_meanwhile_counts_no_more() public {
        State.Round memory first = round(1, B);
        close(carol, first);
        rotate(carol, fresh);
        compromise(carol, NOW + 0);
        same("approvals", anchors.approvalsOf(T, proposal(first)), 0);
        close(dora, first);
        same("rounds", roundsOf(T), 0);
        close(emil, first);
        same("rounds", roundsOf(T), 1);
    }

    function test_the_seat_of_a_key_that_fell_after_it_handed_over_votes_again() public {
        State.Round memory first = round(1, B);
        close(carol, first);
        rotate(carol, fresh);
        vm.warp(NOW + 1);
        compromise(carol, NOW + 1);
        same("approvals", anchors.approvalsOf(T, proposal(first)), 0);
        close(fresh, first);
        same("by", anchors.approvals(proposal(first), carol), fresh);
        same("approvals", anchors.approvalsOf(T, proposal(first)), 1);
    }

    function testFuzz_an_approval_is_of_every_word_of_the_round(uint8 word) public {
        State.Round memory other = round(1, B);
        word = word % 5;
        if (word == 0) other.statement = keccak256("other");
        if (word == 1) other.subject = keccak256("other");
        if (word == 2) other.updates = keccak256("other");
        if (word == 3) other.clients = 9;
        if (word == 4) {
            other.parents = list(B, U);
            anchorAs(alice, U);
        }
        close(carol, round(1, B));
        close(dora, other);
        same("rounds", roundsOf(T), 0);
        same("approvals", anchors.approvalsOf(T, proposal(other)), 1);
    }
}
