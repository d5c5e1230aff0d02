// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Base} from "./Base.sol";
import {ModelAnchor} from "../ModelAnchor.sol";

contract RolesTest is Base {
    function test_the_first_admin_has_every_role() public {
        bytes memory code = creation(fresh);
        emits();
        emit ModelAnchor.RolesChanged(fresh, address(this), ALL);
        ModelAnchor made = create(code);
        (uint8 roles, uint40 since) = made.keys(fresh);
        same("roles", roles, ALL);
        same("since", since, 0);
        same("admins", made.admins(), 1);
    }

    function test_nobody_can_not_be_the_first_admin() public {
        bytes memory code = creation(address(0));
        refused(abi.encodeWithSelector(ModelAnchor.BadRoles.selector, address(0), ALL));
        create(code);
    }

    function testFuzz_an_admin_sets_exactly_these_roles(address account, uint8 first, uint8 then) public {
        vm.assume(account != admin && account != address(0));
        (first, then) = (first & ALL, then & ALL);
        grant(account, first);
        vm.prank(admin);
        emits();
        emit ModelAnchor.RolesChanged(account, admin, then);
        anchors.setRoles(account, then);
        same("roles", rolesOf(account), then);
        same("admins", anchors.admins(), then & ADMIN == 0 ? 1 : 2);
    }

    function testFuzz_only_an_admin_appoints_and_compromises(address by, uint8 roles) public {
        vm.assume(by != admin && by != address(0));
        grant(by, roles & ALL & ~ADMIN);
        vm.prank(by);
        refused(missing(by, ADMIN));
        anchors.setRoles(by, ALL);
        vm.prank(by);
        refused(missing(by, ADMIN));
        anchors.markCompromised(admin, 1);
    }

    function testFuzz_other_bits_are_no_roles(uint8 roles) public {
        vm.assume(roles > ALL);
        vm.prank(admin);
        refused(abi.encodeWithSelector(ModelAnchor.BadRoles.selector, fresh, roles));
        anchors.setRoles(fresh, roles);
        vm.prank(admin);
        refused(abi.encodeWithSelector(ModelAnchor.BadRoles.selector, address(0), 1));
        anchors.setRoles(address(0), 1);
    }

    function test_the_last_admin_stays() public {
        vm.prank(admin);
        refused(abi.encodeWithSelector(ModelAnchor.LastAdmin.selector));
        anchors.setRoles(admin, ALL & ~ADMIN);
        vm.prank(admin);
        refused(abi.encodeWithSelector(ModelAnchor.LastAdmin.selector));
        anchors.markCompromised(admin, NOW);
        grant(fresh, ADMIN);
        grant(admin, 0);
        same("admins", anchors.admins(), 1);
        vm.prank(fresh);
        refused(abi.encodeWithSelector(ModelAnchor.LastAdmin.selector));
        anchors.setRoles(fresh, REVOKER);
    }

    function test_an_admin_who_keeps_the_role_is_counted_once() public {
        grant(fresh, ADMIN);
        grant(fresh, ADMIN | ANCHORER);
        same("admins", anchors.admins(), 2);
        grant(admin, ADMIN);
        same("admins", anchors.admins(), 2);
    }

    function test_a_key_is_one_packed_slot_of_mapping_1() public {
        grant(fresh, ADMIN | REVOKER);
        compromise(fresh, NOW - 5);
        uint256 packed = uint256(vm.load(address(anchors), keccak256(abi.encode(fresh, uint256(1)))));
        same("slot", packed, uint256(NOW - 5) << 8 | ADMIN | REVOKER);
        same("admins", uint256(vm.load(address(anchors), bytes32(uint256(2)))), 1);
    }
}
