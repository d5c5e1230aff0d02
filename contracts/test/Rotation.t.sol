// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Base} from "./Base.sol";
import {State} from "../ModelAnchor.sol";

contract RotationTest is Base {
    address private constant next = address(0xB1);
    address private constant last = address(0xB2);

    function offer(address from, address to) private {
        vm.prank(from);
        anchors.rotateKey(to);
    }

    function accept(address by, address from) private {
        vm.prank(by);
        anchors.acceptKey(from);
    }

    function testFuzz_a_rotation_hands_on_every_role(uint8 roles, uint32 later) public {
        roles = uint8(bound(roles, 1, ALL));
        grant(fresh, roles);
        vm.prank(fresh);
        emits();
        emit State.KeyOffered(fresh, next);
        anchors.rotateKey(next);
        same("offered", anchors.offered(fresh), next);
        same("not yet", rolesOf(next), 0);

        uint40 time = uint40(uint256(NOW) + later);
        vm.warp(time);
        uint64 admins = anchors.admins();
        uint256 writers = anchors.writers().length;
        vm.prank(next);
        emits();
        emit State.KeyRotated(fresh, next, time);
        anchors.acceptKey(fresh);

        (address predecessor, uint40 since, uint40 appointed, uint8 depth, uint8 found) = anchors.keys(next);
        same("predecessor", predecessor, fresh);
        same("since", since, 0);
        same("appointed", appointed, time);
        same("depth", depth, 1);
        same("roles", found, roles);
        same("spent", rolesOf(fresh), SPENT);
        same("heir", anchors.heir(fresh), next);
        same("offer", anchors.offered(fresh), address(0));
        same("admins", anchors.admins(), admins);
        same("writers", anchors.writers().length, writers);
        if (roles & (ANCHORER | COORDINATOR) != 0) same("writer", anchors.writers()[writers - 1], next);
    }

    function test_the_heir_is_listed_in_the_predecessors_place() public {
        rotate(alice, next);
        same("place", anchors.writers()[1], next);
        same("beside", anchors.writers()[2], carol);
        grant(next, 0);
        same("gone", anchors.writers().length, 2);
    }

    function test_only_who_was_offered_accepts() public {
        refused(abi.encodeWithSelector(State.NotOffered.selector, alice, next));
        accept(next, alice);
        offer(alice, next);
        refused(abi.encodeWithSelector(State.NotOffered.selector, alice, last));
        accept(last, alice);
        offer(alice, last);
        refused(abi.encodeWithSelector(State.NotOffered.selector, alice, next));
        accept(next, alice);
        accept(last, alice);
    }

    function test_no_offer_is_none_to_the_zero_account() public {
        refused(abi.encodeWithSelector(State.NotOffered.selector, alice, address(0)));
        accept(address(0), alice);
    }

    function test_an_offer_can_be_taken_back() public {
        offer(alice, next);
        vm.prank(alice);
        emits();
        emit State.KeyOffered(alice, address(0));
        anchors.rotateKey(address(0));
        refused(abi.encodeWithSelector(State.NotOffered.selector, alice, next));
        accept(next, alice);
    }

    function testFuzz_who_has_no_role_has_nothing_to_offer(address by) public {
        vm.assume(by != admin && by != alice && by != carol && by != rita);
        refused(missing(by, ALL));
        offer(by, next);
    }

    function test_a_spent_key_never_acts_again() public {
        vm.warp(NOW + 5);
        rotate(alice, next);
        vm.warp(NOW + 9);
        refused(unusable(alice, NOW + 5));
        anchorAs(alice, "s");
        refused(unusable(alice, NOW + 5));
        offer(alice, last);
        vm.prank(admin);
        refused(unusable(alice, NOW + 5));
        anchors.setRoles(alice, ANCHORER);
        vm.prank(admin);
        refused(unusable(alice, NOW + 5));
        anchors.setRoles(alice, 0);
        refused(abi.encodeWithSelector(State.KeyInUse.selector, alice));
        offer(next, alice);
        anchorAs(next, "s");
    }

    function test_a_successor_has_no_past() public {
        address[5] memory used = [admin, rita, next, last, alice];
        rotate(carol, next);
        compromise(last, NOW);
        for (uint256 i = 0; i < 5; ++i) {
            refused(abi.encodeWithSelector(State.KeyInUse.selector, used[i]));
            offer(alice, used[i]);
        }
        grant(next, 0);
        refused(abi.encodeWithSelector(State.KeyInUse.selector, next));
        offer(alice, next);
        grant(fresh, ANCHORER);
        grant(fresh, 0);
        rotate(alice, fresh);
    }

    function test_a_successor_that_got_a_past_meanwhile_is_refused() public {
        offer(alice, next);
        grant(next, REVOKER);
        refused(abi.encodeWithSelector(State.KeyInUse.selector, next));
        accept(next, alice);
        offer(alice, last);
        compromise(last, NOW);
        refused(abi.encodeWithSelector(State.KeyInUse.selector, last));
        accept(last, alice);
        offer(alice, fresh);
        offer(carol, fresh);
        accept(fresh, carol);
        refused(abi.encodeWithSelector(State.KeyInUse.selector, fresh));
        accept(fresh, alice);
    }

    function test_an_offer_of_a_key_that_fell_meanwhile_is_worth_nothing() public {
        offer(alice, next);
        compromise(alice, NOW - 1);
        refused(unusable(alice, NOW - 1));
        accept(next, alice);
        offer(carol, next);
        grant(carol, 0);
        refused(missing(carol, ALL));
        accept(next, carol);
    }

    function test_a_key_is_rotated_at_most_32_times() public {
        address from = alice;
        for (uint160 i = 1; i <= 32; ++i) {
            rotate(from, address(0xC000 + i));
            from = address(0xC000 + i);
            (,,, uint8 depth,) = anchors.keys(from);
            same("depth", depth, i);
        }
        anchorAs(from, "s");
        offer(from, fresh);
        refused(abi.encodeWithSelector(State.TooManyRotations.selector));
        accept(fresh, from);
        grant(from, 0);
        grant(fresh, ANCHORER);
        anchorAs(fresh, "t");
    }
}
