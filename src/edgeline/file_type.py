"""What a file is, in words, from its first bytes, whatever its name says."""

import re

HEAD_BYTES = 160
"""Enough for every sign; that of DICOM comes after 128 bytes of anything."""

# Where two signs begin alike, the longer one comes first.
SIGNS = tuple(
    (re.compile(sign, re.DOTALL), name)
    for sign, name in (
        (rb"\x89PNG\r\n\x1a\n", "a PNG"),
        (rb"\xff\xd8\xff", "a JPEG"),
        (rb"GIF8", "a GIF"),
        (rb"RIFF....WEBP", "a WebP"),
        # A text may begin with BM as well, so the size of the second header counts.
        (rb"BM.{12}[\x0c\x28\x34\x38\x40\x6c\x7c]\0\0\0", "a BMP"),
        (rb"II\*\0....CR|II(U\0|RO|RS)|FUJIFILMCCD-RAW|....ftypcrx ", "a raw photograph"),
        (rb"II[*+]\0|MM\0[*+]", "a TIFF"),
        (rb"....ftyp(avi[fs]|(mif1|msf1).{4}(.{4})*?avi[fs])", "an AVIF"),
        (rb"....ftyp(he[iv][cxms]|mif1|msf1)", "a HEIC"),
        (rb"\0\0\0\x0cjP  |\xff\x4f\xff\x51", "a JPEG 2000"),
        (rb"\0\0\0\x0cJXL |\xff\x0a", "a JPEG XL"),
        (rb"8BPS", "a Photoshop picture"),
        (rb"P[1-6]\s+(#[^\n]*\n\s*)*\d+\s+\d+\s", "a PBM, PGM or PPM"),
        (rb"\0\0\x01\0", "an icon"),
        (rb".{128}DICM", "a DICOM"),
        (rb"....ftyp|\x1aE\xdf\xa3|RIFF....AVI ", "a video"),
        (rb"RIFF....WAVE", "a WAV recording"),
        (rb"PK\x03\x04", "a ZIP archive"),
        (rb"PK\x05\x06", "an empty ZIP archive"),
        (rb"\x1f\x8b", "a gzip file"),
        (rb"\x93NUMPY", "a NumPy array"),
        (rb"PAR1", "a Parquet file"),
        (rb"\x89HDF", "an HDF5 file"),
        (rb"%PDF", "a PDF"),
        (rb"\x7fELF", "a program"),
        (rb"\xff\xfe|\xfe\xff", "text in UTF-16"),
        (rb"\x80[\x02-\x05]", "a pickle"),
        (rb"(\xef\xbb\xbf)?\s*(?i:<!doctype html|<html)", "HTML"),
        (rb"(\xef\xbb\xbf)?\s*(?i:<svg|<\?xml)", "SVG or XML"),
    )
)


def file_type(head: bytes) -> str:
    """The type of a file with these first bytes, as it stands in a sentence."""
    for sign, name in SIGNS:
        if sign.match(head):
            return name
    return "something else" if head else "nothing"
