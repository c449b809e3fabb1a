#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The lessons without a person: each of their checks is a case.
exec sockpit --lesson-check
