// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Handled} from "./Handled.sol";

/// @dev That the invariants are about something: among a few thousand random calls every action is accepted at times.
contract ReachTest is Handled {
    uint256 private seed;

    function next() private returns (uint256) {
        seed = uint256(keccak256(abi.encode(seed)));
        return seed;
    }

    function act() private {
        uint256 action = next() % 6;
        if (action == 0) handler.anchor(next(), next(), next(), next(), uint8(next()));
        if (action == 1) handler.anchorTree(next(), next());
        if (action == 2) handler.revoke(next(), next(), uint8(next()));
        if (action == 3) handler.revokeLeaf(next(), next(), uint64(next()), uint8(next()));
        if (action == 4) handler.setRoles(next(), next(), uint8(next()));
        if (action == 5) handler.markCompromised(next(), next(), next());
    }

    function test_every_action_is_reached() public {
        bytes32[6] memory names =
            [bytes32("anchor"), "anchorTree", "revoke", "revokeLeaf", "setRoles", "markCompromised"];
        uint256[6] memory times;
        for (uint256 run = 0; run < 20; ++run) {
            setUp();
            for (uint256 i = 0; i < 100; ++i) act();
            same("surprise", handler.surprise(), 0);
            for (uint256 i = 0; i < 6; ++i) times[i] += handler.accepted(names[i]);
        }
        for (uint256 i = 0; i < 6; ++i) holds(string(abi.encodePacked(names[i])), times[i] > 0);
    }
}
