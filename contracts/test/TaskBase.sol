// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Base} from "./Base.sol";
import {State} from "../ModelAnchor.sol";

abstract contract TaskBase is Base {
    bytes32 internal constant T = keccak256("task");
    bytes32 internal constant B = keccak256("base");
    bytes32 internal constant U = keccak256("updates");
    bytes32 internal constant F = keccak256("subject");
    address internal constant dora = address(0xA5);
    address internal constant emil = address(0xA6);

    function setUp() public virtual override {
        super.setUp();
        grant(dora, COORDINATOR);
        grant(emil, COORDINATOR);
        anchorAs(alice, B);
    }

    function open(address[] memory coordinators, uint8 quorum) internal {
        vm.prank(carol);
        anchors.openTask(T, B, coordinators, quorum);
    }

    function round(uint32 number, bytes32 head) internal pure returns (State.Round memory) {
        return State.Round(T, number, keccak256(abi.encode("round", number)), F, list(head), U, 10);
    }

    function close(address by, State.Round memory proposed) internal {
        vm.prank(by);
        anchors.closeRound(proposed);
    }

    function proposal(State.Round memory proposed) internal pure returns (bytes32) {
        return keccak256(abi.encode(proposed));
    }

    function roundsOf(bytes32 task) internal view returns (uint32 rounds) {
        (, rounds,,) = anchors.tasks(task);
    }
}
