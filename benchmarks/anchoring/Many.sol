// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

interface IModelAnchor {
    function anchor(bytes32 statement, bytes32 subject, uint8 kind, bytes32[] calldata parents) external;
}

/// @dev Fills a contract for the benchmarks, many statements in one transaction. It needs the role ANCHORER.
contract Many {
    function anchorAll(IModelAnchor to, bytes32[] calldata statements, bytes32[] calldata subjects, uint8 kind)
        external
    {
        for (uint256 i = 0; i < statements.length; ++i) {
            to.anchor(statements[i], subjects[i], kind, new bytes32[](0));
        }
    }
}
