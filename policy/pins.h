/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pins: what a server said of itself when somebody first relied on it, and
 * whether it still says so. Whole definitions in canonical form: each tool,
 * prompt, resource and template, and the instructions.
 *
 * Pure; one table a session, filled from what was kept before it, then told
 * what the server shows and asked about each call. Memory is bounded.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum pin_kind {
	PIN_NONE = 0,
	PIN_TOOL,
	PIN_PROMPT,
	PIN_RESOURCE, /* by URI */
	PIN_TEMPLATE, /* by URI template */
	PIN_INSTRUCTIONS,
	_PIN_N
};

/* The stricter the lower. */
enum pins_mode {
	PINS_REQUIRE = 0, /* what nobody has accepted is blocked */
	PINS_FIRST,       /* what a server shows at first is accepted */
	PINS_OFF,
	_PINS_MODE_N
};

extern const char *const pins_mode_words[_PINS_MODE_N];

const char *pin_kind_name(enum pin_kind k);
/* PIN_NONE for what is none. */
enum pin_kind pin_kind_find(const char *name, size_t len);

/* The member that names a definition, or NULL: there is only one. */
const char *pin_kind_key(enum pin_kind k);

#define PINS_ITEMS_MAX 20000
#define PINS_BYTES_MAX (32U << 20) /* of all definitions */
#define PINS_NAME_MAX 4096
#define PINS_KNOWN_MAX 64
#define PINS_NEWS_MAX 4096 /* differences that one session tells */

/* What became of one definition that the server shows. */
enum pin_seen {
	PIN_FULL = 0, /* no room: as if it were new */
	PIN_ADDED,    /* a known server has it in addition */
	PIN_CHANGED,  /* another one was accepted */
	PIN_DOUBLE,   /* two of one name: neither can be told from the other */
	PIN_FIRST,    /* accepted now */
	PIN_SAME,
	PIN_UNSEEN, /* accepted before, not shown in this session */
};

struct pin {
	enum pin_kind kind;
	enum pin_seen seen;
	char *name; /* unescaped, terminated; may be "" */
	size_t name_len;
	char *accepted; /* canonical, or NULL */
	size_t accepted_len;
	char *other; /* what waits for somebody to accept it, or NULL */
	size_t other_len;
	bool kept; /* .other is in the store already */
	bool told; /* this session has said so */
	/* .other says what was->accepted does, but for the name, and that one
	 * is not shown any more; and the other way round. */
	struct pin *was, *now;
	bool named;            /* .was is told, or was before */
	bool queued;           /* to be told */
	bool retired;          /* accepted once, and renamed since */
	unsigned walk, client; /* where it was shown last; 0: nowhere yet */
};

struct pins;

/* NULL when out of memory. */
struct pins *pins_new(enum pins_mode mode);
void pins_free(struct pins *p);
enum pins_mode pins_mode(const struct pins *p);

/*
 * From the store, oldest first. pins_first() accepts where nothing was
 * accepted, else what differs waits; pins_accept() replaces. -ENOSPC over a
 * bound, -ENOMEM.
 */
int pins_first(struct pins *p, enum pin_kind kind, const char *name,
	size_t name_len, const char *def, size_t len);
int pins_wait(struct pins *p, enum pin_kind kind, const char *name,
	size_t name_len, const char *def, size_t len);
int pins_accept(struct pins *p, enum pin_kind kind, const char *name,
	size_t name_len, const char *def, size_t len);
/* Lists of this kind were seen to their end by a client that can do @able. */
int pins_know(struct pins *p, enum pin_kind kind, const unsigned char able[32]);

/* Something of what was kept is lost: nothing is accepted by being shown, to
 * whatever client, in this session and those to come. */
void pins_shut(struct pins *p);

/*
 * What the client can do, a hash: a server's lists depend on it, so a client
 * of another kind may find more. What changed is blocked for each.
 */
void pins_able(struct pins *p, const unsigned char able[32]);

/* Whether that is known already. A kind that is closed is known from here on;
 * true if it was open. */
bool pins_closed(const struct pins *p, enum pin_kind kind);
bool pins_close(struct pins *p, enum pin_kind kind, const unsigned char **ret);

/*
 * The server shows a definition (canonical). @twice: one list has two of that
 * name. What is returned holds until it is shown again. *ret_pin (or NULL)
 * lives as long as the table.
 */
enum pin_seen pins_see(struct pins *p, enum pin_kind kind, const char *name,
	size_t name_len, const char *def, size_t len, bool twice,
	const struct pin **ret_pin);

/*
 * A list is walked from its first page on; what it shows is told by
 * pins_see(). At its end, where no page was left out, what disappeared and came
 * back under another name is found: one of each that say the same but for it,
 * and only what this kind of client is known to have been shown.
 */
unsigned pins_walk(struct pins *p, enum pin_kind kind);
void pins_walked(struct pins *p, enum pin_kind kind, unsigned walk);

/* From the store: @name, which waits, was @old; NULL: it was not. What
 * does not fit any more is nothing. */
void pins_renamed(struct pins *p, enum pin_kind kind, const char *name,
	size_t name_len, const char *old, size_t old_len);
/* Nothing of that name is accepted any more, nor by being shown. -ENOSPC,
 * -ENOMEM. */
int pins_retire(
	struct pins *p, enum pin_kind kind, const char *name, size_t name_len);

/* What is known of that name, or NULL. */
const struct pin *pins_find(const struct pins *p, enum pin_kind kind,
	const char *name, size_t name_len);

/* Somebody has accepted what waits, and that what it was is retired: it holds
 * from now on, as what the server shows. Nothing where nothing waits. */
void pins_take(
	struct pins *p, enum pin_kind kind, const char *name, size_t name_len);

/* What a call, a get or a read of that name meets. */
enum pin_call {
	PIN_CALL_UNKNOWN = 0, /* no such thing was accepted */
	PIN_CALL_CHANGED,     /* listed in its accepted form: refused */
	PIN_CALL_FINE,
};

enum pin_call pins_call(const struct pins *p, enum pin_kind kind,
	const char *name, size_t name_len);

/* Whether anything of that name was accepted. */
bool pins_accepted(const struct pins *p, enum pin_kind kind, const char *name,
	size_t name_len);

/* Nobody knows what the server has now: what was accepted counts as changed
 * till that is over. */
void pins_set_doubt(struct pins *p, bool doubt);
bool pins_doubt(const struct pins *p);

/* What is to be recorded and kept: the oldest first, NULL for none; and takes
 * it off. */
struct pin_news {
	struct pin *pin;
	enum pin_seen seen; /* ADDED, CHANGED, DOUBLE or FIRST; or UNSEEN: only
			     * .was is another one */
};
const struct pin_news *pins_news(const struct pins *p);
void pins_told(struct pins *p);
/* Differences that were too many to be told. */
size_t pins_untold(const struct pins *p);

/* What pins_know() and pins_close() were told; false beyond the last. */
bool pins_known_at(const struct pins *p, size_t i, enum pin_kind *ret_kind,
	const unsigned char **ret_able);

/* All of them, by kind and name. */
size_t pins_count(const struct pins *p);
const struct pin *pins_at(const struct pins *p, size_t i);

struct json_value;
struct out;

/* What is pinned of a definition, in canonical form, behind what @o has. As
 * canonical_write(). */
int pins_write(struct out *o, enum pin_kind kind, const struct json_value *def);

/* Of the store: a name; or, if @both, what is called so and what that was. */
void pins_write_names(
	struct out *o, const struct pin *pin, const struct pin *was, bool both);

#define PINS_FIELDS_MAX 16
/*
 * Names of the members in which two canonical definitions differ, as they are
 * written (without the quotes); "" where they are no objects. How many there
 * are, of which at most PINS_FIELDS_MAX are named.
 */
struct pin_field {
	const char *name;
	size_t len;
};
size_t pins_fields(const char *a, size_t a_len, const char *b, size_t b_len,
	struct pin_field ret[PINS_FIELDS_MAX]);
