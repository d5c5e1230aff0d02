// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Base} from "./Base.sol";
import {State} from "../ModelAnchor.sol";

contract SignatureTest is Base {
    uint256 private constant KEY = 0xBEEF;
    uint256 private constant ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;
    bytes32 private constant S = keccak256("statement");
    bytes32 private constant F = keccak256("subject");

    address private signer;

    function setUp() public override {
        super.setUp();
        signer = vm.addr(KEY);
        grant(signer, ANCHORER);
    }

    function digestOf(bytes32 statement, bytes32 subject, uint8 kind, bytes32[] memory parents, uint256 deadline)
        private
        view
        returns (bytes32)
    {
        bytes32 anchorType =
            keccak256("Anchor(bytes32 statement,bytes32 subject,uint8 kind,bytes32[] parents,uint256 deadline)");
        bytes32 hashed = keccak256(
            abi.encode(anchorType, statement, subject, kind, keccak256(abi.encodePacked(parents)), deadline)
        );
        return keccak256(abi.encodePacked(hex"1901", anchors.domainSeparator(), hashed));
    }

    function signed(uint256 key, bytes32 digest) private pure returns (bytes32 r, bytes32 vs) {
        (uint8 v, bytes32 r_, bytes32 s) = vm.sign(key, digest);
        return (r_, bytes32(uint256(s) | uint256(v - 27) << 255));
    }

    function test_the_domain_is_this_contract_on_this_chain() public {
        bytes32 domainType =
            keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
        for (uint256 id = 1; id < 4; ++id) {
            vm.chainId(id);
            bytes32 expected = keccak256(
                abi.encode(domainType, keccak256("ModelAnchor"), keccak256("1"), id, address(anchors))
            );
            same("domain", anchors.domainSeparator(), expected);
        }
    }

    function testFuzz_anyone_may_send_what_an_anchorer_signed(uint256 key, bytes32 statement, uint8 kind) public {
        key = bound(key, 1, ORDER - 1);
        vm.assume(statement != 0 && statement != S && kind != 0 && kind < 254);
        address by = vm.addr(key);
        vm.assume(by != admin);
        grant(by, ANCHORER);
        anchorAs(alice, S);
        (bytes32 r, bytes32 vs) = signed(key, digestOf(statement, F, kind, list(S), NOW));
        vm.prank(stranger);
        emits();
        emit State.Anchored(statement, F, by, kind, NOW);
        emits();
        emit State.Derived(S, statement);
        anchors.anchorBySig(by, statement, F, kind, list(S), NOW, r, vs);
        same("anchorer", anchorerOf(statement), by);
    }

    function test_a_signature_cannot_be_used_twice() public {
        (bytes32 r, bytes32 vs) = signed(KEY, digestOf(S, F, 1, none(), NOW));
        anchors.anchorBySig(signer, S, F, 1, none(), NOW, r, vs);
        refused(abi.encodeWithSelector(State.AlreadyAnchored.selector, S, signer, NOW));
        anchors.anchorBySig(signer, S, F, 1, none(), NOW, r, vs);
    }

    function testFuzz_no_word_of_a_signed_statement_can_be_changed(uint8 word, bytes32 change) public {
        vm.assume(change != 0);
        (bytes32 r, bytes32 vs) = signed(KEY, digestOf(S, F, 1, none(), NOW));
        word = word % 4;
        bytes32 statement = word == 0 ? S ^ change : S;
        bytes32 subject = word == 1 ? F ^ change : F;
        uint8 kind = word == 2 ? 2 : 1;
        uint256 deadline = word == 3 ? bound(uint256(change), NOW + 1, type(uint256).max) : NOW;
        refused(abi.encodeWithSelector(State.BadSignature.selector));
        anchors.anchorBySig(signer, statement, subject, kind, none(), deadline, r, vs);
    }

    function test_no_parent_can_be_added_or_taken_away() public {
        anchorAs(alice, F);
        (bytes32 r, bytes32 vs) = signed(KEY, digestOf(S, F, 1, none(), NOW));
        refused(abi.encodeWithSelector(State.BadSignature.selector));
        anchors.anchorBySig(signer, S, F, 1, list(F), NOW, r, vs);
        (r, vs) = signed(KEY, digestOf(S, F, 1, list(F), NOW));
        refused(abi.encodeWithSelector(State.BadSignature.selector));
        anchors.anchorBySig(signer, S, F, 1, none(), NOW, r, vs);
    }

    function testFuzz_a_signature_counts_to_the_last_second(uint40 deadline, uint40 time) public {
        (bytes32 r, bytes32 vs) = signed(KEY, digestOf(S, F, 1, none(), deadline));
        vm.warp(time);
        if (time > deadline) refused(abi.encodeWithSelector(State.Expired.selector, deadline));
        anchors.anchorBySig(signer, S, F, 1, none(), deadline, r, vs);
        if (time <= deadline) same("status", anchors.status(S), 1);
    }

    function test_the_last_second_itself_counts() public {
        (bytes32 r, bytes32 vs) = signed(KEY, digestOf(S, F, 1, none(), NOW));
        vm.warp(NOW + 1);
        refused(abi.encodeWithSelector(State.Expired.selector, NOW));
        anchors.anchorBySig(signer, S, F, 1, none(), NOW, r, vs);
        vm.warp(NOW);
        anchors.anchorBySig(signer, S, F, 1, none(), NOW, r, vs);
    }

    function test_the_other_spelling_of_a_signature_is_refused() public {
        bytes32 digest = digestOf(S, F, 1, none(), NOW);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(KEY, digest);
        // With s taken from the order and v turned over, ecrecover would find the same signer.
        bytes32 high = bytes32(ORDER - uint256(s));
        same("recovered", ecrecover(digest, v == 27 ? 28 : 27, r, high), signer);
        bytes32 vs = bytes32(uint256(high) | uint256(28 - v) << 255);
        refused(abi.encodeWithSelector(State.BadSignature.selector));
        anchors.anchorBySig(signer, S, F, 1, none(), NOW, r, vs);
    }

    function test_half_of_the_order_is_the_last_s_that_counts() public {
        // No key is known that signs so; the error tells how far the check went.
        uint256 half = ORDER / 2;
        address found;
        bytes32 digest = digestOf(S, F, 1, none(), NOW);
        bytes32 r = bytes32(uint256(0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798));
        found = ecrecover(digest, 27, r, bytes32(half));
        holds("recovered", found != address(0));
        refused(missing(found, ANCHORER));
        anchors.anchorBySig(found, S, F, 1, none(), NOW, r, bytes32(half));
        found = ecrecover(digest, 27, r, bytes32(half + 1));
        refused(abi.encodeWithSelector(State.BadSignature.selector));
        anchors.anchorBySig(found, S, F, 1, none(), NOW, r, bytes32(half + 1));
    }

    function testFuzz_nobody_signs_for_the_zero_account(bytes32 r, bytes32 vs) public {
        refused(abi.encodeWithSelector(State.BadSignature.selector));
        anchors.anchorBySig(address(0), S, F, 1, none(), NOW, r, vs);
    }

    function testFuzz_nobody_signs_for_another(uint256 key) public {
        key = bound(key, 1, ORDER - 1);
        vm.assume(key != KEY);
        (bytes32 r, bytes32 vs) = signed(key, digestOf(S, F, 1, none(), NOW));
        refused(abi.encodeWithSelector(State.BadSignature.selector));
        anchors.anchorBySig(signer, S, F, 1, none(), NOW, r, vs);
    }

    function test_a_signature_for_another_chain_or_contract_is_refused() public {
        (bytes32 r, bytes32 vs) = signed(KEY, digestOf(S, F, 1, none(), NOW));
        vm.chainId(5);
        refused(abi.encodeWithSelector(State.BadSignature.selector));
        anchors.anchorBySig(signer, S, F, 1, none(), NOW, r, vs);
    }

    function test_the_signer_needs_the_role_and_a_good_key() public {
        (bytes32 r, bytes32 vs) = signed(KEY, digestOf(S, F, 1, none(), NOW));
        grant(signer, REVOKER);
        refused(missing(signer, ANCHORER));
        anchors.anchorBySig(signer, S, F, 1, none(), NOW, r, vs);
        grant(signer, ANCHORER);
        compromise(signer, NOW - 5);
        refused(unusable(signer, NOW - 5));
        anchors.anchorBySig(signer, S, F, 1, none(), NOW, r, vs);
    }

    function test_a_reserved_kind_cannot_be_signed_for() public {
        uint8[3] memory reserved = [0, 254, 255];
        for (uint256 i = 0; i < 3; ++i) {
            (bytes32 r, bytes32 vs) = signed(KEY, digestOf(S, F, reserved[i], none(), NOW));
            refused(abi.encodeWithSelector(State.ReservedKind.selector, reserved[i]));
            anchors.anchorBySig(signer, S, F, reserved[i], none(), NOW, r, vs);
        }
    }
}
