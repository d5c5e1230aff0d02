// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Differential} from "./Differential.sol";
import {Model} from "./Model.sol";
import {ModelAnchor} from "../ModelAnchor.sol";

/// @dev What is true after any sequence of calls, and that the contract answers any call as the model does.
contract DifferentialTest is Differential {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    // Forge calls this contract's `act` and nothing else.

    function targetContracts() external view returns (address[] memory made) {
        made = new address[](1);
        made[0] = address(this);
    }

    function targetSelectors() external view returns (FuzzSelector[] memory made) {
        made = new FuzzSelector[](1);
        made[0] = FuzzSelector(address(this), new bytes4[](1));
        made[0].selectors[0] = this.act.selector;
    }

    function test_it_starts_as_the_model_starts() external {
        vm.recordLogs();
        deploy(actor(3));
        bytes memory events = recorded();
        new Model(actor(3));
        vm.assertEq(events, recorded(), "events");
        vm.expectRevert(abi.encodeWithSelector(ModelAnchor.BadRoles.selector, address(0), ALL));
        deploy(address(0));
    }

    /// @dev 8 of anchor, 6 of anchorTree, 5 of revoke, 7 of revokeLeaf, 5 of setRoles, 5 of markCompromised.
    function test_every_function_gives_each_of_its_answers() external {
        for (uint256 walk = 0; walk < 30; ++walk) {
            setUp();
            for (uint256 i = 0; i < 100; ++i) {
                this.act(walk * 100 + i);
                invariant_statuses_are_the_models();
            }
            invariant_records_are_the_models();
            invariant_keys_are_the_models();
            invariant_admins_are_the_models();
        }
        vm.assertEq(answers, 36, "kinds of answer");
    }

    function testFuzz_what_anyone_writes(address by, bytes32 a, bytes32 b, uint8 number, uint40 time, uint32 height)
        external
    {
        both(admin, abi.encodeCall(anchors.setRoles, (by, number % 9)));
        vm.warp(time);
        vm.roll(height);
        both(by, abi.encodeCall(anchors.anchor, (a, b, number, none())));
        both(admin, abi.encodeCall(anchors.anchor, (a, b, 1, none())));
        both(by, abi.encodeCall(anchors.anchorTree, (b, time)));
        both(by, abi.encodeCall(anchors.revoke, (a, number, b)));
        alike(abi.encodeCall(anchors.records, (a)));
    }

    function testFuzz_whom_anyone_appoints(address by, address account, uint8 roles, uint40 since) external {
        both(admin, abi.encodeCall(anchors.setRoles, (by, roles % 9)));
        both(by, abi.encodeCall(anchors.setRoles, (account, roles)));
        both(admin, abi.encodeCall(anchors.markCompromised, (by, since % (2 * NOW))));
        both(by, abi.encodeCall(anchors.markCompromised, (account, since)));
        alike(abi.encodeCall(anchors.keys, (account)));
        alike(abi.encodeCall(anchors.admins, ()));
    }

    /// @dev A call of which that is not true fails.
    function invariant_every_call_is_answered_as_the_model_answers() external view {}

    function invariant_records_are_the_models() public view {
        for (uint256 i = 0; i < digests.length; ++i) alike(abi.encodeCall(anchors.records, (digests[i])));
    }

    function invariant_statuses_are_the_models() public view {
        for (uint256 i = 0; i < digests.length; ++i) alike(abi.encodeCall(anchors.status, (digests[i])));
    }

    function invariant_keys_are_the_models() public view {
        for (uint256 i = 0; i < ACTORS; ++i) alike(abi.encodeCall(anchors.keys, (actor(i))));
    }

    function invariant_admins_are_the_models() public view {
        alike(abi.encodeCall(anchors.admins, ()));
        vm.assertEq(uint256(vm.load(address(anchors), bytes32(uint256(2)))), model.admins(), "slot 2");
    }

    function invariant_there_is_always_an_admin_who_can_act() external view {
        vm.assertTrue(anchors.admins() > 0, "an admin");
    }

    function invariant_a_record_is_one_packed_slot_of_mapping_0() public view {
        for (uint256 i = 0; i < digests.length; ++i) {
            (address anchorer, uint40 time, uint32 number, uint8 kind, uint16 flags) = model.records(digests[i]);
            bytes memory packed = abi.encodePacked(flags, kind, number, time, anchorer);
            vm.assertEq(abi.encode(slotOf(digests[i], 0)), packed, "slot of a record");
        }
    }

    function invariant_a_key_is_one_packed_slot_of_mapping_1() public view {
        for (uint256 i = 0; i < ACTORS; ++i) {
            (uint8 roles, uint40 since) = model.keys(actor(i));
            vm.assertEq(keySlotOf(actor(i)), uint256(since) << 8 | roles, "slot of a key");
        }
    }

    function invariant_nothing_is_recorded_under_zero() external view {
        vm.assertEq(slotOf(0, 0), 0, "slot of zero");
    }

    function invariant_a_leaf_is_here_because_it_was_revoked() external view {
        for (uint256 i = 0; i < digests.length; ++i) {
            (,,, uint8 kind, uint16 flags) = anchors.records(digests[i]);
            vm.assertTrue(kind != 254 || flags & 1 == 1, "revoked");
        }
    }
}
