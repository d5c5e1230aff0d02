// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Base} from "./Base.sol";
import {ModelAnchor, State} from "../ModelAnchor.sol";

/// @dev Proved by Halmos for every sender, argument and time, not for samples: the parameters of a `check_` function
/// are symbols. Arrays have up to two items; SHA-256 and ecrecover stand for any function.
contract PropertiesTest is Base {
    bytes32 private constant S = keccak256("statement");

    /// @dev Two accounts with roles are enough to tell them from the rest, and few enough to try every pair.
    function setUp() public override {
        vm.warp(NOW);
        vm.roll(100);
        anchors = new ModelAnchor(admin);
        grant(alice, ANCHORER | COORDINATOR);
    }

    /// @dev Any call of any function that can change anything.
    struct Call {
        address by;
        uint40 time;
        uint8 which;
        bytes32 a;
        bytes32 b;
        bytes32 c;
        bytes32 d;
        address whom;
        uint8 number;
        uint40 since;
        uint32 count;
    }

    /// @dev Made by anyone at any later time; whether it is accepted does not matter.
    function make(Call calldata one) private {
        vm.assume(one.time >= NOW);
        vm.warp(one.time);
        bytes memory data = one.which < 9 ? writing(one) : appointing(one);
        vm.prank(one.by);
        (bool done,) = address(anchors).call(data);
        done;
    }

    function writing(Call calldata one) private view returns (bytes memory) {
        if (one.which == 0) return abi.encodeCall(anchors.anchor, (one.a, one.b, one.number, none()));
        if (one.which == 1) return abi.encodeCall(anchors.anchor, (one.a, one.b, one.number, list(one.c)));
        if (one.which == 2) return abi.encodeCall(anchors.anchor, (one.a, one.b, one.number, pair(one.c, one.d)));
        if (one.which == 3) {
            return abi.encodeCall(anchors.anchorMany, (pair(one.a, one.b), pair(one.c, one.d), one.number));
        }
        if (one.which == 4) return abi.encodeCall(anchors.anchorTree, (one.a, one.since));
        if (one.which == 5) {
            return abi.encodeCall(
                anchors.anchorBySig,
                (one.whom, one.a, one.b, one.number, list(one.c), one.since, one.d, one.c)
            );
        }
        if (one.which == 6) return abi.encodeCall(anchors.revoke, (one.a, one.number, one.b));
        if (one.which == 7) {
            return abi.encodeCall(anchors.revokeLeaf, (one.a, 1, 0, one.b, none(), one.number, one.c));
        }
        return abi.encodeCall(
            anchors.revokeLeaf, (one.a, 2, one.count, one.b, list(one.c), one.number, one.d)
        );
    }

    function appointing(Call calldata one) private view returns (bytes memory) {
        if (one.which == 9) return abi.encodeCall(anchors.setRoles, (one.whom, one.number));
        if (one.which == 10) return abi.encodeCall(anchors.rotateKey, (one.whom));
        if (one.which == 11) return abi.encodeCall(anchors.acceptKey, (one.whom));
        if (one.which == 12) return abi.encodeCall(anchors.markCompromised, (one.whom, one.since));
        if (one.which == 13) return abi.encodeCall(anchors.retire, (one.whom));
        if (one.which == 14) {
            return abi.encodeCall(anchors.openTask, (one.a, one.b, people(one.whom), one.number));
        }
        return abi.encodeCall(
            anchors.closeRound,
            (State.Round(one.a, one.count, one.b, one.c, list(one.d), one.c, one.count))
        );
    }

    function pair(bytes32 one, bytes32 two) private pure returns (bytes32[] memory made) {
        made = new bytes32[](2);
        (made[0], made[1]) = (one, two);
    }

    function slotOf(bytes32 key) private view returns (uint256) {
        return uint256(vm.load(address(anchors), keccak256(abi.encode(key, uint256(0)))));
    }

    function keyOf(address account) private view returns (uint256) {
        return uint256(vm.load(address(anchors), keccak256(abi.encode(account, uint256(1)))));
    }

    function check_every_field_of_a_record_comes_back(bytes32 s, bytes32 f, uint8 kind, uint40 time, uint32 number)
        external
    {
        vm.warp(time);
        vm.roll(number);
        vm.prank(alice);
        anchors.anchor(s, f, kind, none());
        (address anchorer, uint40 foundTime, uint32 foundNumber, uint8 foundKind, uint16 flags) = anchors.records(s);
        assert(anchorer == alice && foundTime == time && foundNumber == number && foundKind == kind && flags == 0);
        assert(kind > 0 && kind < 254 && s != 0 && f != 0);
    }

    function check_a_record_changes_by_its_revocation_alone(Call calldata one) external {
        anchorAs(alice, S);
        uint256 before = slotOf(S);
        make(one);
        uint256 afterwards = slotOf(S);
        assert(afterwards == before || (afterwards << 16 == before << 16 && afterwards >> 240 & 1 == 1));
    }

    function check_a_revocation_is_final(Call calldata one) external {
        anchorAs(alice, S);
        vm.prank(alice);
        anchors.revoke(S, 3, 0);
        uint256 before = slotOf(S);
        make(one);
        assert(slotOf(S) == before);
    }

    function check_a_new_record_is_of_a_key_that_may_write(Call calldata one, bytes32 key) external {
        make(one);
        uint256 record = slotOf(key);
        address anchorer = address(uint160(record));
        assert(record == 0 || anchorer == alice || anchorer == admin);
    }

    function check_only_an_admin_changes_keys(Call calldata one, address whose) external {
        vm.assume(one.by != admin);
        uint256 before = keyOf(whose);
        make(one);
        assert(keyOf(whose) == before);
    }

    function check_a_spent_key_stays_spent(Call calldata one) external {
        rotate(alice, fresh);
        make(one);
        assert(rolesOf(alice) == SPENT && anchors.heir(alice) == fresh);
    }

    function check_a_compromise_never_heals(Call calldata one) external {
        compromise(alice, NOW - 5);
        make(one);
        uint40 since = anchors.suspectSince(alice);
        assert(since != 0 && since <= NOW - 5);
    }

    function check_an_inherited_suspicion_never_heals(Call calldata one) external {
        rotate(alice, fresh);
        compromise(alice, NOW);
        make(one);
        uint40 since = anchors.suspectSince(fresh);
        assert(since != 0 && since <= NOW);
    }

    function check_there_is_always_an_admin(Call calldata one) external {
        make(one);
        assert(anchors.admins() >= 1);
    }

    function check_a_retired_contract_writes_nothing(Call calldata one, bytes32 key) external {
        anchorAs(alice, S);
        vm.prank(admin);
        anchors.retire(address(0));
        vm.assume(key != S);
        make(one);
        assert(slotOf(key) == 0 && anchors.retired());
    }

    function check_a_task_moves_by_its_coordinator_alone(Call calldata one) external {
        anchorAs(alice, S);
        vm.prank(alice);
        anchors.openTask("task", S, people(alice), 1);
        vm.assume(one.by != alice);
        make(one);
        (bytes32 head, uint32 rounds, uint8 quorum, address opener) = anchors.tasks("task");
        assert(head == S && rounds == 0 && quorum == 1 && opener == alice);
    }
}
