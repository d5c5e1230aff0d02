// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {TaskBase} from "./TaskBase.sol";
import {State} from "../ModelAnchor.sol";

contract OpenTaskTest is TaskBase {
    function test_a_task_begins_at_its_base() public {
        address[] memory three = people(carol, dora, emil);
        vm.prank(carol);
        emits();
        emit State.TaskOpened(T, B, carol, three, 2);
        anchors.openTask(T, B, three, 2);
        (bytes32 head, uint32 rounds, uint8 quorum, address opener) = anchors.tasks(T);
        same("head", head, B);
        same("rounds", rounds, 0);
        same("quorum", quorum, 2);
        same("opener", opener, carol);
        same("coordinators", keccak256(abi.encode(anchors.coordinatorsOf(T))), keccak256(abi.encode(three)));
        holds("named", anchors.named(T, emil) && anchors.isCoordinator(T, emil));
        holds("alice is not", !anchors.named(T, alice) && !anchors.isCoordinator(T, alice));
        holds("of another task", !anchors.isCoordinator(B, carol));
    }

    function test_a_task_is_opened_once_under_a_name() public {
        open(people(carol), 1);
        refused(abi.encodeWithSelector(State.TaskExists.selector, T));
        open(people(dora), 1);
        vm.prank(carol);
        refused(abi.encodeWithSelector(State.ZeroDigest.selector));
        anchors.openTask(0, B, people(carol), 1);
    }

    function testFuzz_the_quorum_is_at_least_one_and_at_most_all(uint8 quorum) public {
        if (quorum == 0 || quorum > 3) refused(abi.encodeWithSelector(State.BadQuorum.selector, quorum, 3));
        open(people(carol, dora, emil), quorum);
    }

    function test_there_are_at_most_255_coordinators() public {
        address[] memory many = new address[](256);
        for (uint160 i = 0; i < 256; ++i) {
            many[i] = address(0x10000 + i);
            grant(many[i], COORDINATOR);
        }
        refused(abi.encodeWithSelector(State.BadQuorum.selector, 1, 256));
        open(many, 1);
        address[] memory fewer = new address[](255);
        for (uint256 i = 0; i < 255; ++i) fewer[i] = many[i];
        open(fewer, 255);
    }

    function test_the_base_must_be_valid() public {
        bytes32 other = keccak256("other");
        vm.prank(carol);
        refused(abi.encodeWithSelector(State.ParentUnusable.selector, other, 0));
        anchors.openTask(T, other, people(carol), 1);
        vm.prank(alice);
        anchors.revoke(B, 1, 0);
        refused(abi.encodeWithSelector(State.ParentUnusable.selector, B, 2));
        open(people(carol), 1);
    }

    function test_every_coordinator_has_the_role_and_is_named_once() public {
        refused(missing(alice, COORDINATOR));
        open(people(carol, alice, emil), 1);
        refused(missing(address(0), COORDINATOR));
        open(people(carol, address(0), emil), 1);
        refused(abi.encodeWithSelector(State.KeyInUse.selector, carol));
        open(people(carol, dora, carol), 1);
        vm.prank(alice);
        refused(missing(alice, COORDINATOR));
        anchors.openTask(T, B, people(carol), 1);
    }
}

contract CloseRoundTest is TaskBase {
    function test_a_round_goes_on_from_the_head() public {
        open(people(carol), 1);
        State.Round memory first = round(1, B);
        vm.warp(NOW + 60);
        vm.prank(carol);
        emits();
        emit State.RoundApproved(T, 1, carol, proposal(first));
        emits();
        emit State.Anchored(first.statement, F, carol, 5, NOW + 60);
        emits();
        emit State.Derived(B, first.statement);
        emits();
        emit State.RoundClosed(T, 1, first.statement, U, 10);
        anchors.closeRound(first);

        (bytes32 head, uint32 rounds, uint8 quorum, address opener) = anchors.tasks(T);
        same("head", head, first.statement);
        same("rounds", rounds, 1);
        same("quorum", quorum, 1);
        same("opener", opener, carol);
        (address anchorer,,, uint8 kind,) = anchors.records(first.statement);
        same("anchorer", anchorer, carol);
        same("kind", kind, 5);
        close(carol, round(2, first.statement));
        same("rounds", roundsOf(T), 2);
    }

    function test_where_one_is_enough_no_approval_is_kept() public {
        open(people(carol), 1);
        close(carol, round(1, B));
        same("by", anchors.approvals(proposal(round(1, B)), carol), address(0));
        same("approvals", anchors.approvalsOf(T, proposal(round(1, B))), 0);
    }

    function testFuzz_rounds_are_numbered_without_a_gap(uint32 number) public {
        open(people(carol), 1);
        close(carol, round(1, B));
        State.Round memory second = round(number, round(1, B).statement);
        if (number == 1) second.statement = keccak256("other");
        if (number != 2) refused(abi.encodeWithSelector(State.WrongRound.selector, 2));
        close(carol, second);
        same("rounds", roundsOf(T), number == 2 ? 2 : 1);
    }

    function test_the_head_must_be_among_the_parents() public {
        open(people(carol), 1);
        anchorAs(alice, U);
        State.Round memory first = round(1, U);
        refused(abi.encodeWithSelector(State.WrongHead.selector, B));
        close(carol, first);
        first.parents = none();
        refused(abi.encodeWithSelector(State.WrongHead.selector, B));
        close(carol, first);
        first.parents = list(U, B);
        close(carol, first);
        same("rounds", roundsOf(T), 1);
    }

    function test_a_round_has_clients_and_their_updates() public {
        open(people(carol), 1);
        State.Round memory first = round(1, B);
        first.clients = 0;
        refused(abi.encodeWithSelector(State.EmptyTree.selector));
        close(carol, first);
        first = round(1, B);
        first.updates = 0;
        refused(abi.encodeWithSelector(State.ZeroDigest.selector));
        close(carol, first);
        first = round(1, B);
        first.statement = 0;
        refused(abi.encodeWithSelector(State.ZeroDigest.selector));
        close(carol, first);
    }

    function test_a_round_follows_the_rules_of_any_statement() public {
        open(people(carol), 1);
        State.Round memory first = round(1, B);
        first.statement = B;
        refused(abi.encodeWithSelector(State.AlreadyAnchored.selector, B, alice, NOW));
        close(carol, first);
        vm.prank(alice);
        anchors.revoke(B, 1, 0);
        refused(abi.encodeWithSelector(State.ParentUnusable.selector, B, 2));
        close(carol, round(1, B));
        same("rounds", roundsOf(T), 0);
    }

    function test_only_a_coordinator_of_the_task_closes() public {
        open(people(carol), 1);
        refused(abi.encodeWithSelector(State.NotCoordinator.selector, T, dora));
        close(dora, round(1, B));
        refused(missing(alice, COORDINATOR));
        close(alice, round(1, B));
        grant(carol, ANCHORER);
        refused(missing(carol, COORDINATOR));
        close(carol, round(1, B));
        holds("not now", !anchors.isCoordinator(T, carol));
        State.Round memory other = round(1, B);
        other.task = B;
        refused(abi.encodeWithSelector(State.UnknownTask.selector, B));
        close(dora, other);
    }

    function test_an_heir_closes_in_the_coordinators_place() public {
        open(people(carol), 1);
        rotate(carol, address(0xB1));
        rotate(address(0xB1), address(0xB2));
        holds("heir", anchors.isCoordinator(T, address(0xB2)));
        holds("between", !anchors.isCoordinator(T, address(0xB1)));
        holds("spent", !anchors.isCoordinator(T, carol));
        refused(unusable(carol, NOW));
        close(carol, round(1, B));
        close(address(0xB2), round(1, B));
        compromise(address(0xB2), NOW);
        holds("fallen", !anchors.isCoordinator(T, address(0xB2)));
    }
}
