// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Base} from "./Base.sol";
import {ModelAnchor} from "../ModelAnchor.sol";

contract CompromiseTest is Base {
    function testFuzz_what_was_written_before_stays_valid(uint32 written, uint32 since) public {
        written = uint32(bound(written, 0, 1e6));
        since = uint32(bound(since, 0, 1e6));
        vm.warp(NOW + written);
        anchorAs(alice, "s");
        vm.warp(NOW + 1e6);
        vm.prank(admin);
        emits();
        emit ModelAnchor.KeyCompromised(alice, admin, NOW + since);
        anchors.markCompromised(alice, NOW + since);
        same("since", sinceOf(alice), NOW + since);
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
        compromise(fresh, NOW - 7);
        vm.prank(fresh);
        refused(unusable(fresh, NOW - 7));
        anchors.setRoles(fresh, ALL);
        refused(unusable(fresh, NOW - 7));
        anchorAs(fresh, "s");
        vm.prank(fresh);
        refused(unusable(fresh, NOW - 7));
        anchors.markCompromised(admin, NOW);
        vm.prank(fresh);
        refused(unusable(fresh, NOW - 7));
        anchors.anchorTree("root", 1);
        anchorAs(alice, "s");
        vm.prank(fresh);
        refused(unusable(fresh, NOW - 7));
        anchors.revoke("s", 0, 0);
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
        if (then == 0 || then >= first) refused(abi.encodeWithSelector(ModelAnchor.BadDate.selector, then, first - 1));
        anchors.markCompromised(alice, then);
        same("since", sinceOf(alice), then == 0 || then >= first ? first : then);
    }

    function testFuzz_a_date_is_neither_zero_nor_in_the_future(uint40 since) public {
        since = uint40(bound(since, NOW + 1, type(uint40).max));
        vm.prank(admin);
        refused(abi.encodeWithSelector(ModelAnchor.BadDate.selector, since, NOW));
        anchors.markCompromised(alice, since);
        vm.prank(admin);
        refused(abi.encodeWithSelector(ModelAnchor.BadDate.selector, 0, NOW));
        anchors.markCompromised(alice, 0);
        compromise(alice, NOW);
    }

    function test_the_earliest_date_cannot_be_moved() public {
        compromise(alice, 1);
        vm.prank(admin);
        refused(abi.encodeWithSelector(ModelAnchor.BadDate.selector, 1, 0));
        anchors.markCompromised(alice, 1);
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

    function test_a_key_without_any_role_can_be_declared_compromised() public {
        compromise(stranger, NOW);
        same("since", sinceOf(stranger), NOW);
        vm.prank(admin);
        refused(unusable(stranger, NOW));
        anchors.setRoles(stranger, ANCHORER);
    }
}
