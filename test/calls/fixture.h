// SPDX-License-Identifier: MIT
// A valid call of every system call, made from the table (call_table.h): objects of the right type,
// pointers to buffers, and the few values and preparations that the table cannot know
// (recipes.c). What goes over all calls takes such a call, spoils one argument and looks at what
// happens.
//
// The same source runs in the laboratory and on the target. Whoever links it provides the host_*
// half below.
#pragma once

#include <calls/call_table.h>

#if __STDC_HOSTED__
#include <string.h>
#else
#include <minilib/string.h>
#endif

// ---- provided by the program ------------------------------------------------------------------

struct call_env {
    zx_handle_t process, thread, vmar, job, resource; // of this program, with full rights
    zx_handle_t root_job; // the first job of user mode, which may make profiles
    zx_handle_t foreign; // a value that is a handle in another process
};
extern struct call_env call_env;

// Issues the call and returns what came back in the first register.
int64_t call_issue(const struct call_info *call, const uint64_t args[CALL_MAX_ARGS]);
// Whether it can: some calls are the vDSO's alone.
bool call_reachable(const struct call_info *call);
// This program's memory at an address that a call may be given.
void call_poke(uint64_t address, const void *data, size_t size);
void call_peek(uint64_t address, void *data, size_t size);
// Starts fn(arg) on a further thread of this process.
zx_status_t call_thread_start(void (*fn)(void *arg), void *arg, zx_handle_t *out);
// Where a thread or process may be started that shall end at once.
uint64_t call_entry(void);
// Ends the test with a message.
void call_fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

// ---- fixtures ---------------------------------------------------------------------------------

// Each pointer argument has a window of its own: unmapped, two pages to read and write, unmapped,
// one page that is read-only, unmapped.
#define WINDOW_PAGES    6u
#define WINDOW_RW       1u
#define WINDOW_RO       4u
#define WINDOW_CANARY   0xa5
#define FIXTURE_BUFFER  256u // offset of a valid buffer in its first page
#define FIXTURE_OBJECTS 24u
#define FIXTURE_IRQ     32u // the first that is not a CPU's own
#define FIXTURE_BYTES   16u // in buffers of bytes, unless a recipe says otherwise

struct fixture {
    const struct call_info *call;
    uint64_t args[CALL_MAX_ARGS];
    size_t bytes[CALL_MAX_ARGS]; // behind each pointer argument
    zx_handle_t peer;            // the other end of the first argument's object
    zx_handle_t ended;           // wait for its end after a call that worked
    zx_handle_t helper;          // a thread that ends when the objects are closed
    zx_handle_t objects[FIXTURE_OBJECTS]; // to be closed
    unsigned object_count;
    unsigned before;             // handles in the process before the fixture was made
};

// Maps the windows. Once, before everything else.
void fixtures_begin(void);
void fixtures_end(void);

// True for calls that a fixture can be made for and that come back.
bool fixture_possible(const struct call_info *call);
// Makes everything for one valid call.
void fixture_make(struct fixture *f, const struct call_info *call);
// Closes what the fixture and the call made, and checks that no handle of the process is left.
// `result`: what the call returned.
void fixture_end(struct fixture *f, int64_t result);
// What the valid call returns, ZX_OK or what its recipe says. Results above 0 count as ZX_OK.
zx_status_t fixture_result(const struct call_info *call);
// Rights that argument `index` of the valid call needs beyond those of the table.
zx_rights_t fixture_more_rights(const struct call_info *call, unsigned index);

// A valid value for the scalar: what a recipe says, a count that fits the buffer it counts, or 0.
uint64_t fixture_scalar(const struct call_info *call, unsigned index);

// Where window `index` has its page `page` (WINDOW_*).
uint64_t window_page(unsigned index, unsigned page);
// Copies the buffer of argument `index` into memory that the call cannot write, and says where.
uint64_t read_only_copy(const struct fixture *f, unsigned index);
// True if the windows of all pointer arguments are as the canary left them, but for the buffers.
bool windows_intact(const struct fixture *f);

// Issues the call as it is now and returns its result, 1 for times. Whatever that is: what the call consumes
// is gone afterwards and nothing else, nothing is written beyond the buffers, and a failure leaves
// no handle and no mapping.
zx_status_t fixture_issue(struct fixture *f);

// A new object of this type with all the rights that its creator gives; 0 for types that nothing
// here can make. `kind` is that of a resource. Kept in the fixture, which closes it.
zx_handle_t fixture_object(struct fixture *f, uint32_t type, uint32_t kind);
// Has the fixture close this one as well.
zx_handle_t fixture_keep(struct fixture *f, zx_handle_t handle);

// Small questions; all assert that the asking works.
bool handle_alive(zx_handle_t handle);
zx_rights_t handle_rights(zx_handle_t handle);
uint32_t handle_type(zx_handle_t handle);
unsigned handles_of_process(void);
zx_handle_t make_duplicate(zx_handle_t handle, zx_rights_t rights);
// Ends the test unless the status is ZX_OK.
void must(zx_status_t status, const char *what);
// For messages.
const char *call_status_name(zx_status_t status);

// ---- recipes ----------------------------------------------------------------------------------

// An argument's value where 0 is not a valid one.
struct recipe_value {
    const char *call, *arg;
    uint64_t value;
};
// What else a call needs.
struct recipe {
    const char *call;
    zx_status_t result;              // of the valid call
    void (*prepare)(struct fixture *f);
};
extern const struct recipe_value recipe_values[];
extern const size_t recipe_value_count;
extern const struct recipe recipes[];
extern const size_t recipe_count;
struct recipe_rights {
    const char *call, *arg;
    zx_rights_t rights;
};
extern const struct recipe_rights recipe_rights[];
extern const size_t recipe_rights_count;

// For recipes: the position of an argument, and its buffer's address.
unsigned arg_index(const struct call_info *call, const char *name);
uint64_t buffer_of(const struct fixture *f, unsigned index);
// Gives argument `index` a buffer of these bytes.
void set_buffer(struct fixture *f, unsigned index, const void *data, size_t size);
