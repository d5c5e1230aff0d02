// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Base} from "./Base.sol";
import {ModelAnchor, State} from "../ModelAnchor.sol";

contract RolesTest is Base {
    function test_the_first_admin_has_every_role() public {
        bytes memory code = creation(fresh);
        emits();
        emit State.RolesChanged(fresh, address(this), ALL);
        ModelAnchor made = create(code);
        (address predecessor, uint40 since, uint40 appointed, uint8 depth, uint8 roles) = made.keys(fresh);
        same("roles", roles, ALL);
        same("rest", uint160(predecessor) + since + appointed + depth, 0);
        same("admins", made.admins(), 1);
        same("writers", made.writers().length, 1);
        same("writer", made.writers()[0], fresh);
        holds("not retired", !made.retired());
        same("successor", made.successor(), address(0));
    }

    function test_nobody_can_not_be_the_first_admin() public {
        bytes memory code = creation(address(0));
        refused(abi.encodeWithSelector(State.BadRoles.selector, address(0), ALL));
        create(code);
    }

    function testFuzz_an_admin_sets_exactly_these_roles(address account, uint8 first, uint8 then) public {
        vm.assume(account != admin && account != address(0));
        (first, then) = (first & ALL, then & ALL);
        grant(account, first);
        vm.prank(admin);
        emits();
        emit State.RolesChanged(account, admin, then);
        anchors.setRoles(account, then);
        same("roles", rolesOf(account), then);
        same("admins", anchors.admins(), then & ADMIN == 0 ? 1 : 2);
        same("listed", timesListed(account), then & (ANCHORER | COORDINATOR) == 0 ? 0 : 1);
    }

    function testFuzz_only_an_admin_appoints_compromises_and_retires(address by, uint8 roles) public {
        vm.assume(by != admin && by != address(0));
        grant(by, roles & ALL & ~ADMIN);
        vm.prank(by);
        refused(missing(by, ADMIN));
        anchors.setRoles(by, ALL);
        vm.prank(by);
        refused(missing(by, ADMIN));
        anchors.markCompromised(admin, 1);
        vm.prank(by);
        refused(missing(by, ADMIN));
        anchors.retire(by);
    }

    function testFuzz_other_bits_are_no_roles(uint8 roles) public {
        vm.assume(roles > ALL);
        vm.prank(admin);
        refused(abi.encodeWithSelector(State.BadRoles.selector, fresh, roles));
        anchors.setRoles(fresh, roles);
        vm.prank(admin);
        refused(abi.encodeWithSelector(State.BadRoles.selector, address(0), 1));
        anchors.setRoles(address(0), 1);
    }

    function test_the_last_admin_stays() public {
        vm.prank(admin);
        refused(abi.encodeWithSelector(State.LastAdmin.selector));
        anchors.setRoles(admin, ALL & ~ADMIN);
        vm.prank(admin);
        refused(abi.encodeWithSelector(State.LastAdmin.selector));
        anchors.markCompromised(admin, NOW);
        grant(fresh, ADMIN);
        grant(admin, 0);
        same("admins", anchors.admins(), 1);
        vm.prank(fresh);
        refused(abi.encodeWithSelector(State.LastAdmin.selector));
        anchors.setRoles(fresh, REVOKER);
    }

    function test_an_admin_who_keeps_the_role_is_counted_once() public {
        grant(fresh, ADMIN);
        grant(fresh, ADMIN | ANCHORER);
        same("admins", anchors.admins(), 2);
        grant(admin, ADMIN);
        same("admins", anchors.admins(), 2);
    }

    function test_writers_are_listed_whatever_the_order_they_leave_in() public {
        address[] memory made = anchors.writers();
        same("three", made.length, 3);
        grant(alice, REVOKER);
        made = anchors.writers();
        same("two", made.length, 2);
        same("first", made[0], admin);
        same("second", made[1], carol);
        grant(carol, ANCHORER);
        same("still two", anchors.writers().length, 2);
        grant(carol, 0);
        same("one", anchors.writers().length, 1);
        grant(alice, COORDINATOR);
        same("again", anchors.writers()[1], alice);
    }

    function test_there_is_room_for_1000_writers_and_retiring_them_fits_into_a_transaction() public {
        for (uint160 i = 3; i < 1000; ++i) grant(address(0x10000 + i), i % 2 == 0 ? ANCHORER : COORDINATOR);
        vm.prank(admin);
        refused(abi.encodeWithSelector(State.TooManyWriters.selector));
        anchors.setRoles(fresh, ANCHORER);
        grant(fresh, REVOKER);
        // The first transaction that touches these slots pays for them cold: 2,100 + 2,600 a writer more than here.
        uint256 gas = gasleft();
        vm.prank(admin);
        anchors.retire(address(0));
        holds("fits", gas - gasleft() + 1000 * 4700 < 2 ** 24);
        same("none", anchors.writers().length, 0);
    }

    function timesListed(address account) private view returns (uint256 count) {
        address[] memory all = anchors.writers();
        for (uint256 i = 0; i < all.length; ++i) if (all[i] == account) ++count;
    }
}

contract RetireTest is Base {
    function test_retiring_ends_writing_and_nothing_else() public {
        anchorAs(alice, "old");
        vm.prank(admin);
        emits();
        emit State.RolesChanged(carol, admin, 0);
        emits();
        emit State.RolesChanged(alice, admin, 0);
        emits();
        emit State.RolesChanged(admin, admin, ADMIN | REVOKER);
        emits();
        emit State.Retired(admin, fresh);
        anchors.retire(fresh);
        holds("retired", anchors.retired());
        same("successor", anchors.successor(), fresh);
        same("writers", anchors.writers().length, 0);
        same("admin", rolesOf(admin), ADMIN | REVOKER);
        same("revoker", rolesOf(rita), REVOKER);

        vm.prank(alice);
        anchors.revoke("old", 1, 0);
        grant(stranger, ADMIN | REVOKER);
        rotate(rita, address(0xB1));
        compromise(alice, NOW);
        same("admins", anchors.admins(), 2);
    }

    function test_after_retirement_every_write_says_where_to_go() public {
        anchorAs(alice, "base");
        vm.prank(admin);
        anchors.retire(fresh);
        bytes memory gone = abi.encodeWithSelector(State.ContractRetired.selector, fresh);
        vm.prank(alice);
        refused(gone);
        anchors.anchor("new", "subject", 1, none());
        vm.prank(alice);
        refused(gone);
        anchors.anchorMany(none(), none(), 1);
        vm.prank(alice);
        refused(gone);
        anchors.anchorTree("root", 1);
        vm.prank(carol);
        refused(gone);
        anchors.openTask("task", "base", people(carol), 1);
        vm.prank(admin);
        refused(gone);
        anchors.setRoles(alice, ANCHORER);
        vm.prank(admin);
        refused(gone);
        anchors.setRoles(alice, COORDINATOR | REVOKER);
        vm.prank(admin);
        refused(gone);
        anchors.retire(stranger);
        // What was never a right to write is refused as ever.
        vm.prank(stranger);
        refused(missing(stranger, ADMIN));
        anchors.setRoles(stranger, ADMIN);
        vm.prank(stranger);
        refused(missing(stranger, ALL));
        anchors.rotateKey(address(0));
    }

    function test_a_successor_may_be_missing() public {
        vm.prank(admin);
        anchors.retire(address(0));
        holds("retired", anchors.retired());
        vm.prank(alice);
        refused(abi.encodeWithSelector(State.ContractRetired.selector, address(0)));
        anchors.anchor("new", "subject", 1, none());
    }
}
