/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What can be said of a value. Where readers of JSON differ, or a bound was
 * reached, nothing can, and whoever asks takes the answer that permits less.
 */
#pragma once

enum truth { TRUTH_NO = 0, TRUTH_YES, TRUTH_UNDECIDED };
