/* SPDX-License-Identifier: Apache-2.0 */
#include <cap-ng.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "sandbox/confine.h"

/* More than any kernel has; the loops end at the first that it does not know.
 */
#define CAPS_MAX 64

/* Root gains nothing by being root, nothing is kept over a change of uid, and
 * none of it can be undone. */
#define SECUREBITS                                                        \
	(SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP |  \
		SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_KEEP_CAPS_LOCKED | \
		SECBIT_NO_CAP_AMBIENT_RAISE |                             \
		SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED)

static int caps_read(struct __user_cap_data_struct ret_data[2], struct err *e)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3};

	if (syscall(SYS_capget, &head, ret_data) < 0)
		return err_set(e, -errno, "read the capabilities");
	return 0;
}

/* By hand: libcap-ng would read /proc/self/status three times for it. */
static int caps_drop_bounding(struct err *e)
{
	for (unsigned long cap = 0; cap < CAPS_MAX; cap++) {
		if (prctl(PR_CAPBSET_DROP, cap, 0UL, 0UL, 0UL) == 0)
			continue;
		if (errno == EINVAL && cap > 0)
			break;
		return err_set(e, -errno,
			"drop capability %lu from the bounding set", cap);
	}
	return 0;
}

/* The bounding set and the securebits need CAP_SETPCAP, so they go first. */
static int caps_drop(bool bounding, struct err *e)
{
	int r = bounding ? caps_drop_bounding(e) : 0;

	if (r < 0)
		return r;
	if (bounding && prctl(PR_SET_SECUREBITS, (unsigned long)SECUREBITS, 0UL,
				0UL, 0UL) < 0)
		return err_set(e, -errno, "lock the securebits");
	/* Kernels before 4.3 have no ambient set; they are refused anyway. */
	if (prctl(PR_CAP_AMBIENT, (unsigned long)PR_CAP_AMBIENT_CLEAR_ALL, 0UL,
		    0UL, 0UL) < 0)
		return err_set(e, -errno, "clear the ambient capabilities");
	capng_clear(CAPNG_SELECT_CAPS);
	if (capng_apply(CAPNG_SELECT_CAPS) < 0)
		return err_set(e, -EPERM, "drop the capabilities");
	return 0;
}

/* Asks the kernel about each capability of the bounding set; the first that it
 * does not know ends it. */
static int caps_unbounded(struct err *e)
{
	for (unsigned long cap = 0; cap < CAPS_MAX; cap++) {
		int r = prctl(PR_CAPBSET_READ, cap, 0UL, 0UL, 0UL);

		if (r < 0 && errno == EINVAL && cap > 0)
			return 0;
		if (r < 0)
			return err_set(e, -errno,
				"ask for capability %lu in the bounding set",
				cap);
		if (r > 0)
			return err_say(e, -EPERM,
				"capability %lu is still in the bounding set",
				cap);
	}
	return 0;
}

static int caps_verify(bool bounding, struct err *e)
{
	struct __user_cap_data_struct data[2] = {{0}};
	int r = caps_read(data, e);

	if (r < 0)
		return r;
	for (size_t i = 0; i < ELEMENTS(data); i++)
		if (data[i].effective || data[i].permitted ||
			data[i].inheritable)
			return err_say(e, -EPERM,
				"capabilities are left after the drop");
	/* The ambient set is within the permitted one, always, and that is
	 * empty: capabilities(7). */
	if (!bounding)
		return 0;
	if (prctl(PR_GET_SECUREBITS, 0UL, 0UL, 0UL, 0UL) != SECUREBITS)
		return err_say(e, -EPERM, "the securebits did not hold");
	return caps_unbounded(e);
}

int confine_capabilities(struct err *e)
{
	struct __user_cap_data_struct data[2] = {{0}};
	bool setpcap;
	int r = caps_read(data, e);

	if (r < 0)
		return r;
	setpcap = data[0].effective & (1U << CAP_SETPCAP);
	r = caps_drop(setpcap, e);
	return r < 0 ? r : caps_verify(setpcap, e);
}
