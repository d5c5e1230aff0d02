// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Base} from "./Base.sol";
import {State} from "../ModelAnchor.sol";

contract CompromiseTest is Base {
    address private constant second = address(0xB1);
    address private constant third = address(0xB2);

    /// @dev alice hands over to second at NOW + 100, second to third at NOW + 200; the clock stands at NOW + 300.
    function line() private {
        vm.warp(NOW + 100);
        rotate(alice, second);
        vm.warp(NOW + 200);
        rotate(second, third);
        vm.warp(NOW + 300);
    }

    function testFuzz_what_was_written_before_stays_valid(uint32 written, uint32 since) public {
        written = uint32(bound(written, 0, 1e6));
        since = uint32(bound(since, 0, 1e6));
        vm.warp(NOW + written);
        anchorAs(alice, "s");
        vm.warp(NOW + 1e6);
        vm.prank(admin);
        emits();
        emit State.KeyCompromised(alice, admin, NOW + since);
        anchors.markCompromised(alice, NOW + since);
        same("since", anchors.suspectSince(alice), NOW + since);
        same("status", anchors.status("s"), written >= since ? 3 : 1);
    }

    function test_the_very_second_counts_as_after() public {
        anchorAs(alice, "s");
        compromise(alice, NOW);
        same("status", anchors.status("s"), 3);
    }

    function test_the_second_before_counts_as_before() public {
        anchorAs(alice, "s");
        vm.warp(NOW + 1);
        compromise(alice, NOW + 1);
        same("status", anchors.status("s"), 1);
    }

    function test_a_compromised_key_can_do_nothing() public {
        grant(fresh, ALL);
        vm.prank(fresh);
        anchors.rotateKey(second);
        compromise(fresh, NOW - 7);
        vm.prank(fresh);
        refused(unusable(fresh, NOW - 7));
        anchors.setRoles(fresh, ALL);
        refused(unusable(fresh, NOW - 7));
        anchorAs(fresh, "s");
        vm.prank(fresh);
        refused(unusable(fresh, NOW - 7));
        anchors.rotateKey(third);
        vm.prank(fresh);
        refused(unusable(fresh, NOW - 7));
        anchors.markCompromised(admin, NOW);
        vm.prank(fresh);
        refused(unusable(fresh, NOW - 7));
        anchors.retire(fresh);
        vm.prank(fresh);
        refused(unusable(fresh, NOW - 7));
        anchors.openTask("t", "b", people(fresh), 1);
    }

    function test_roles_of_a_suspect_key_can_only_be_taken_away() public {
        compromise(alice, NOW);
        vm.prank(admin);
        refused(unusable(alice, NOW));
        anchors.setRoles(alice, REVOKER);
        grant(alice, 0);
        same("roles", rolesOf(alice), 0);
        vm.prank(admin);
        refused(unusable(alice, NOW));
        anchors.setRoles(alice, ANCHORER);
    }

    function testFuzz_a_date_is_only_ever_moved_back(uint40 first, uint40 then) public {
        first = uint40(bound(first, 1, NOW));
        compromise(alice, first);
        vm.prank(admin);
        if (then == 0 || then >= first) refused(abi.encodeWithSelector(State.BadDate.selector, then, first - 1));
        anchors.markCompromised(alice, then);
        same("since", anchors.suspectSince(alice), then == 0 || then >= first ? first : then);
    }

    function testFuzz_a_date_is_neither_zero_nor_in_the_future(uint40 since) public {
        since = uint40(bound(since, NOW + 1, type(uint40).max));
        vm.prank(admin);
        refused(abi.encodeWithSelector(State.BadDate.selector, since, NOW));
        anchors.markCompromised(alice, since);
        vm.prank(admin);
        refused(abi.encodeWithSelector(State.BadDate.selector, 0, NOW));
        anchors.markCompromised(alice, 0);
        compromise(alice, NOW);
    }

    function test_the_earliest_date_cannot_be_moved() public {
        compromise(alice, 1);
        vm.prank(admin);
        refused(abi.encodeWithSelector(State.BadDate.selector, 1, 0));
        anchors.markCompromised(alice, 1);
    }

    // Inheritance

    function test_who_was_appointed_by_a_compromised_key_is_suspect_from_the_start() public {
        line();
        anchorAs(third, "s");
        compromise(alice, NOW + 100);
        same("alice", anchors.suspectSince(alice), NOW + 100);
        same("second", anchors.suspectSince(second), NOW + 100);
        same("third", anchors.suspectSince(third), NOW + 200);
        same("status", anchors.status("s"), 3);
        refused(unusable(third, NOW + 200));
        anchorAs(third, "t");
    }

    function test_who_was_appointed_before_the_compromise_is_not_suspect() public {
        line();
        compromise(alice, NOW + 101);
        same("alice", anchors.suspectSince(alice), NOW + 101);
        same("second", anchors.suspectSince(second), 0);
        same("third", anchors.suspectSince(third), 0);
        anchorAs(third, "t");
    }

    function test_a_compromise_in_the_middle_travels_down_only() public {
        line();
        compromise(second, NOW + 200);
        same("alice", anchors.suspectSince(alice), 0);
        same("second", anchors.suspectSince(second), NOW + 200);
        same("third", anchors.suspectSince(third), NOW + 200);
    }

    function test_of_two_reasons_for_suspicion_the_earlier_date_counts() public {
        line();
        compromise(second, NOW + 150);
        compromise(third, NOW + 250);
        same("inherited", anchors.suspectSince(third), NOW + 200);
        compromise(third, NOW + 199);
        same("own", anchors.suspectSince(third), NOW + 199);
        compromise(second, NOW + 50);
        same("own, before its appointment", anchors.suspectSince(second), NOW + 50);
        compromise(alice, NOW);
        same("still", anchors.suspectSince(second), NOW + 50);
    }

    function test_what_a_successor_wrote_under_an_older_appointment_stays_valid() public {
        grant(fresh, ANCHORER);
        anchorAs(fresh, "old");
        grant(fresh, 0);
        vm.warp(NOW + 10);
        rotate(alice, fresh);
        compromise(alice, NOW);
        same("status", anchors.status("old"), 1);
        same("since", anchors.suspectSince(fresh), NOW + 10);
    }

    // Admins

    function test_an_admin_counts_no_more_when_the_key_falls() public {
        grant(fresh, ADMIN);
        same("two", anchors.admins(), 2);
        compromise(fresh, NOW);
        same("one", anchors.admins(), 1);
        compromise(fresh, NOW - 1);
        same("still one", anchors.admins(), 1);
        grant(fresh, 0);
        same("and one", anchors.admins(), 1);
    }

    function test_an_admin_counts_no_more_when_a_key_before_it_falls() public {
        grant(fresh, ADMIN);
        rotate(fresh, second);
        rotate(second, third);
        compromise(fresh, NOW);
        same("admins", anchors.admins(), 1);
        compromise(second, NOW);
        same("once", anchors.admins(), 1);
        vm.prank(third);
        refused(unusable(third, NOW));
        anchors.setRoles(stranger, ADMIN);
    }

    function test_an_admin_counts_on_when_the_key_before_it_fell_later() public {
        grant(fresh, ADMIN);
        rotate(fresh, second);
        vm.warp(NOW + 1);
        compromise(fresh, NOW + 1);
        same("admins", anchors.admins(), 2);
        compromise(fresh, NOW);
        same("moved back", anchors.admins(), 1);
    }

    function test_the_last_admin_cannot_fall_by_inheritance() public {
        rotate(admin, second);
        vm.prank(second);
        refused(abi.encodeWithSelector(State.LastAdmin.selector));
        anchors.markCompromised(admin, NOW);
        vm.prank(second);
        anchors.setRoles(third, ADMIN);
        vm.prank(third);
        anchors.markCompromised(admin, NOW);
        same("admins", anchors.admins(), 1);
    }

    function test_a_key_without_any_role_can_be_declared_compromised() public {
        compromise(stranger, NOW);
        same("since", anchors.suspectSince(stranger), NOW);
        vm.prank(admin);
        refused(unusable(stranger, NOW));
        anchors.setRoles(stranger, ANCHORER);
    }
}
