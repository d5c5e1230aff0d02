// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Base} from "./Base.sol";
import {ModelAnchor} from "../ModelAnchor.sol";

/// @dev Proved by Halmos for every sender, argument and time, not for samples: the parameters of a `check_` function
/// are symbols. Arrays have up to two items; SHA-256 stands for any function.
contract PropertiesTest is Base {
    bytes32 private constant S = keccak256("statement");

    /// @dev Two accounts with roles are enough to tell them from the rest, and few enough to try every pair.
    function setUp() public override {
        vm.warp(NOW);
        vm.roll(100);
        anchors = new ModelAnchor(admin);
        grant(alice, ANCHORER);
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
        bytes memory data = one.which < 7 ? writing(one) : appointing(one);
        vm.prank(one.by);
        (bool done,) = address(anchors).call(data);
        done;
    }

    function writing(Call calldata one) private view returns (bytes memory) {
        if (one.which == 0) return abi.encodeCall(anchors.anchor, (one.a, one.b, one.number, none()));
        if (one.which == 1) return abi.encodeCall(anchors.anchor, (one.a, one.b, one.number, list(one.c)));
        if (one.which == 2) return abi.encodeCall(anchors.anchor, (one.a, one.b, one.number, pair(one.c, one.d)));
        if (one.which == 3) return abi.encodeCall(anchors.anchorTree, (one.a, one.since));
        if (one.which == 4) return abi.encodeCall(anchors.revoke, (one.a, one.number, one.b));
        if (one.which == 5) {
            return abi.encodeCall(anchors.revokeLeaf, (one.a, 1, 0, one.b, none(), one.number, one.c));
        }
        return abi.encodeCall(
            anchors.revokeLeaf, (one.a, 2, one.count, one.b, list(one.c), one.number, one.d)
        );
    }

    function appointing(Call calldata one) private view returns (bytes memory) {
        if (one.which == 7) return abi.encodeCall(anchors.setRoles, (one.whom, one.number));
        return abi.encodeCall(anchors.markCompromised, (one.whom, one.since));
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

    function check_a_compromise_never_heals(Call calldata one) external {
        compromise(alice, NOW - 5);
        make(one);
        uint40 since = sinceOf(alice);
        assert(since != 0 && since <= NOW - 5);
    }

    function check_a_compromised_key_gets_no_role(Call calldata one) external {
        compromise(alice, NOW);
        make(one);
        assert(rolesOf(alice) == ANCHORER || rolesOf(alice) == 0);
    }

    function check_a_compromised_key_changes_nothing(Call calldata one, bytes32 key) external {
        anchorAs(alice, S);
        compromise(alice, NOW);
        vm.assume(one.by == alice);
        uint256 before = slotOf(key);
        uint256 keyBefore = keyOf(one.whom);
        make(one);
        assert(slotOf(key) == before && keyOf(one.whom) == keyBefore);
    }

    function check_there_is_always_an_admin(Call calldata one) external {
        make(one);
        assert(anchors.admins() >= 1);
    }
}
