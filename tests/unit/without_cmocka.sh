#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Stands in for the unit tests where cmocka is missing, and fails.

echo "the unit tests need cmocka (Debian: libcmocka-dev); install it and run configure again" >&2
exit 1
