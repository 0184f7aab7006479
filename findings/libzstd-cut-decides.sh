#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# libzstd's streaming decoder comes to another outcome for the same bytes,
# depending on how much of them one call is given, and how much space.
#
# Seen with libzstd 1.5.4 of Debian 12.  Both frames are valid in their formats:
#
#   a frame of RFC 8878 with a window of 128 MiB and 256 bytes of content, where
#   ZSTD_d_windowLogMax is 23 (8 MiB, as RFC 9659 has it for HTTP): it is
#   decoded if one call has all of it and space for all of its content, and in
#   error if it is cut anywhere or the space is a byte less.  (No window is
#   allocated where it is decoded at once.)
#
#   the beginning of a frame of zstd 0.5, from before RFC 8878: it is taken if
#   one call has its first four bytes, and no frame at all if it is cut among
#   them.
#
# So whoever gives libzstd what a socket gives has a result that depends on the
# packets.  Magic numbers given apart, and headers without space, give one.
#
# usage: findings/libzstd-cut-decides.sh
# Exit code: 0 as described, 1 it has changed, 2 it could not be tried.
set -eu
export LC_ALL=C.UTF-8
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

mkdir packages root
(cd packages && apt-get -q -o APT::Sandbox::User=root download \
  libzstd1=1.5.4+dfsg2-5+deb12u1 >/dev/null) || exit 2
for file in packages/*.deb; do dpkg -x "$file" root; done
library=$(find "$work/root" -name 'libzstd.so.1' | head -n 1)
command -v python3 >/dev/null || exit 2

cat >decode.py <<'PYTHON'
import ctypes
import sys

zstd = ctypes.CDLL(sys.argv[1])
zstd.ZSTD_createDCtx.restype = ctypes.c_void_p
zstd.ZSTD_decompressStream.restype = ctypes.c_size_t
zstd.ZSTD_getErrorName.restype = ctypes.c_char_p
zstd.ZSTD_versionString.restype = ctypes.c_char_p
WINDOW_LOG_MAX = 100


class Buffer(ctypes.Structure):
    _fields_ = [
        ("bytes", ctypes.c_char_p),
        ("size", ctypes.c_size_t),
        ("position", ctypes.c_size_t),
    ]


def decode(frame, first, space):
    """Gives `first` bytes, and then the others."""
    context = ctypes.c_void_p(zstd.ZSTD_createDCtx())
    zstd.ZSTD_DCtx_setParameter(context, WINDOW_LOG_MAX, 23)
    made = 0
    for part in (frame[:first], frame[first:]):
        given = Buffer(part, len(part), 0)
        while given.position < given.size:
            memory = ctypes.create_string_buffer(space)
            out = Buffer(ctypes.cast(memory, ctypes.c_char_p), space, 0)
            code = zstd.ZSTD_decompressStream(
                context, ctypes.byref(out), ctypes.byref(given)
            )
            made += out.position
            if zstd.ZSTD_isError(ctypes.c_size_t(code)):
                zstd.ZSTD_freeDCtx(context)
                name = zstd.ZSTD_getErrorName(ctypes.c_size_t(code))
                return name.decode()
    zstd.ZSTD_freeDCtx(context)
    return "%d bytes, %s" % (made, "goes on" if code else "whole")


WINDOW = bytes.fromhex("28b52ffd 4088 0000 030800 61")
OLD = bytes.fromhex("25b52ffd 00000021")
TOO_MUCH = "Frame requires too much memory for decoding"
failed = 0
print("libzstd", zstd.ZSTD_versionString().decode())
for name, frame, first, space, wanted in (
    ("window of 128 MiB", WINDOW, 12, 256, "256 bytes, whole"),
    ("window of 128 MiB", WINDOW, 12, 255, TOO_MUCH),
    ("window of 128 MiB", WINDOW, 4, 256, TOO_MUCH),
    ("window of 128 MiB", WINDOW, 11, 256, TOO_MUCH),
    ("beginning of 0.5", OLD, 8, 256, "0 bytes, goes on"),
    ("beginning of 0.5", OLD, 3, 256, "Unknown frame descriptor"),
):
    result = decode(frame, first, space)
    print(
        "%-18s cut behind byte %2d of %2d, space of %d: %s"
        % (name, first, len(frame), space, result)
    )
    failed |= result != wanted
sys.exit(failed)
PYTHON
python3 decode.py "$library" || {
  echo "it has changed"
  exit 1
}
