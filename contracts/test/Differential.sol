// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Base, Vm} from "./Base.sol";
import {Merkle} from "./Merkle.sol";
import {Model} from "./Model.sol";

/// @dev Puts the same calls to the contract and to the model; a test fails where their answers differ.
abstract contract Differential is Base {
    Model internal model;

    /// @dev Few enough to meet: none, six statements, and the ids of two trees over some of them.
    bytes32[] internal digests;
    uint256 internal constant ACTORS = 7;

    /// @notice How many kinds of answer there were: acceptance and each error, of each function.
    uint256 internal answers;
    mapping(bytes32 => bool) private seen;

    uint40 private time;
    uint256 private seed;

    function setUp() public override {
        super.setUp();
        model = new Model(admin);
        time = NOW;
        delete digests;
        digests.push(0);
        for (uint256 i = 1; i < 7; ++i) digests.push(keccak256(abi.encode("statement", i)));
        for (uint64 n = 0; n < 2; ++n) digests.push(Merkle.id(rootOf(n), sizeOf(n)));
        for (uint160 i = 2; i < 5; ++i) both(admin, abi.encodeCall(anchors.setRoles, (actor(i), ALL & ~ADMIN)));
    }

    // Comparing

    /// @dev Both get the call; what they return, with what they refuse and what they tell must be alike.
    function both(address who, bytes memory data) internal {
        (bool wanted, bytes memory expected, bytes memory told) = answer(address(model), who, data);
        (bool accepted, bytes memory found, bytes memory events) = answer(address(anchors), who, data);
        vm.assertEq(found, expected, "answer");
        vm.assertTrue(accepted == wanted, "accepted");
        if (accepted) vm.assertEq(events, told, "events");
        bytes32 given = keccak256(abi.encode(bytes4(data), accepted ? bytes4(0) : bytes4(found)));
        if (!seen[given]) ++answers;
        seen[given] = true;
    }

    function answer(address whose, address who, bytes memory data)
        private
        returns (bool accepted, bytes memory said, bytes memory events)
    {
        vm.recordLogs();
        vm.prank(who);
        (accepted, said) = whose.call(data);
        events = recorded();
    }

    /// @dev What was told since recordLogs, by whomever.
    function recorded() internal returns (bytes memory) {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) logs[i].emitter = address(0);
        return abi.encode(logs);
    }

    /// @dev Both answer the question alike.
    function alike(bytes memory question) internal view {
        (bool wanted, bytes memory expected) = address(model).staticcall(question);
        (bool accepted, bytes memory found) = address(anchors).staticcall(question);
        vm.assertTrue(accepted && wanted, "answered");
        vm.assertEq(found, expected, "read");
    }

    // Acting

    /// @dev One call, all of it chosen by the number; now and then in the same second as the one before.
    function act(uint256 choice) public {
        seed = choice;
        if (below(3) > 0) time += uint40(below(500));
        vm.warp(time);
        vm.roll(100 + (time - NOW) / 2);
        both(below(3) == 0 ? admin : actor(below(ACTORS)), call(below(20)));
    }

    function call(uint256 which) private returns (bytes memory) {
        if (which < 6) return abi.encodeCall(anchors.anchor, (digest(), digest(), kind(), parents(below(3))));
        if (which < 9) {
            uint64 n = uint64(below(2));
            return abi.encodeCall(anchors.anchorTree, (rarely() ? bytes32(0) : rootOf(n), rarely() ? 0 : sizeOf(n)));
        }
        if (which < 12) return abi.encodeCall(anchors.revoke, (digest(), uint8(below(6)), digest()));
        if (which < 15) return revokingLeaf(uint64(below(2)));
        address account = actor(below(ACTORS));
        if (which < 18) return abi.encodeCall(anchors.setRoles, (account, uint8(below(10))));
        // Often of one who wrote something; the dates at which an answer changes, and any other.
        (address writer, uint40 written,,,) = model.records(digest());
        if (below(2) == 0) account = writer;
        (, uint40 known) = model.keys(account);
        uint40[5] memory dates = [time + 1, time, known, written, time - uint40(below(2000))];
        return abi.encodeCall(anchors.markCompromised, (account, dates[below(5)]));
    }

    function revokingLeaf(uint64 n) private returns (bytes memory) {
        uint64 index = uint64(below(sizeOf(n)));
        uint256 first = 1 + 3 * n;
        bytes32[] memory path = Merkle.path(digests, first + index, first, first + sizeOf(n));
        bytes32 statement = rarely() ? digest() : digests[first + index];
        return abi.encodeCall(
            anchors.revokeLeaf, (rootOf(n), sizeOf(n), index, statement, path, uint8(below(6)), digest())
        );
    }

    function below(uint256 limit) private returns (uint256) {
        seed = uint256(keccak256(abi.encode(seed)));
        return seed % limit;
    }

    function rarely() private returns (bool) {
        return below(8) == 0;
    }

    function digest() private returns (bytes32) {
        return digests[below(digests.length)];
    }

    function kind() private returns (uint8) {
        return rarely() ? [0, 253, 254, 255][below(4)] : uint8(1 + below(9));
    }

    function parents(uint256 number) private returns (bytes32[] memory made) {
        made = new bytes32[](number);
        for (uint256 i = 0; i < number; ++i) made[i] = digest();
    }

    function actor(uint256 n) internal pure returns (address) {
        return n == 0 ? address(0) : address(uint160(0xAC00 + n));
    }

    /// @dev The first tree is over the statements 1 and 2, the second over 4, 5 and 6.
    function rootOf(uint64 n) private view returns (bytes32) {
        uint256 first = 1 + 3 * n;
        return Merkle.root(digests, first, first + sizeOf(n));
    }

    function sizeOf(uint64 n) private pure returns (uint64) {
        return 2 + n;
    }
}
