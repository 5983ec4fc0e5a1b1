/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Datagrams of a UNIX socket that may carry one descriptor (unix(7),
 * SCM_RIGHTS). What a peer sends beyond that is closed, never leaked.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "base/cleanup.h"

/* Sends with a copy of @pass_fd, unless that is -1. Never waits, never
 * SIGPIPE. 0, -EAGAIN, -EPIPE, … */
int pass_send(
	int fd, const struct iovec *parts, size_t n, int pass_fd) _must_use_;

/*
 * Receives without waiting; *ret_fd is a descriptor that came along, which is
 * CLOEXEC, or -1. The bytes received, 0 when the peer has closed; -EAGAIN;
 * -EPROTO for a datagram longer than the parts, or with more descriptors than
 * one.
 */
ssize_t pass_recv(
	int fd, struct iovec *parts, size_t n, int *ret_fd) _must_use_;

/*
 * Whether a receive that failed with @error is to be tried again: a peer that
 * went without reading all that it was told is reported once as ECONNRESET,
 * before what it had said itself (Linux, net/unix/af_unix.c). *@reset is false
 * at first.
 */
bool pass_again(int error, bool *reset);
