# SPDX-License-Identifier: MIT
# Writes C for one protocol: part of generate.cmake. Everything about a method <m> is in variables
# <m>_..., as lay_out() in layout.cmake tells.

# "head(list)" with the list on lines of its own if it would be too long.
function(prototype head list out)
    list(JOIN list ", " line)
    string(LENGTH "${head}(${line});" length)
    if(length GREATER 100)
        list(JOIN list ",\n    " line)
        set(line "\n    ${line}")
    endif()
    set(${out} "${head}(${line})" PARENT_SCOPE)
endfunction()

# Parameters that carry the fields of one side into a function.
function(in_parameters method side out)
    set(list "")
    foreach(field IN LISTS ${method}_${side}_names)
        set(kind ${${method}_${side}_field_${field}})
        if(kind STREQUAL "string")
            list(APPEND list "const char *${field}" "size_t ${field}_size")
        elseif(kind STREQUAL "bytes")
            list(APPEND list "const void *${field}" "size_t ${field}_size")
        elseif(kind STREQUAL "structure")
            list(APPEND list "const ${${method}_${side}_field_${field}_max} *${field}")
        elseif(kind STREQUAL "scalar")
            list(APPEND list "${${method}_${side}_field_${field}_max} ${field}")
        else()
            list(APPEND list "zx_handle_t ${field}")
        endif()
    endforeach()
    set(${out} "${list}" PARENT_SCOPE)
endfunction()

# Parameters by which a function gives the fields of a reply to its caller.
function(out_parameters method out)
    set(list "")
    foreach(field IN LISTS ${method}_reply_names)
        set(kind ${${method}_reply_field_${field}})
        if(kind STREQUAL "string")
            list(APPEND list "char *${field}" "size_t ${field}_capacity" "size_t *out_${field}_size")
        elseif(kind STREQUAL "bytes")
            list(APPEND list "void *${field}" "size_t ${field}_capacity" "size_t *out_${field}_size")
        elseif(kind MATCHES "^(scalar|structure)$")
            list(APPEND list "${${method}_reply_field_${field}_max} *out_${field}")
        else()
            list(APPEND list "zx_handle_t *out_${field}")
        endif()
    endforeach()
    set(${out} "${list}" PARENT_SCOPE)
endfunction()

function(client_prototype name method out)
    in_parameters(${method} request ins)
    out_parameters(${method} outs)
    set(list "zx_handle_t channel" "zx_time_t deadline" ${ins} ${outs})
    prototype("zx_status_t ${name}_${method}" "${list}" text)
    set(${out} "${text}" PARENT_SCOPE)
endfunction()

function(send_prototype name method out)
    in_parameters(${method} request ins)
    set(list "zx_handle_t channel" "uint32_t txid" ${ins})
    prototype("zx_status_t ${name}_send_${method}" "${list}" text)
    set(${out} "${text}" PARENT_SCOPE)
endfunction()

function(reply_prototype name method out)
    in_parameters(${method} reply fields)
    set(list "const struct ipc_request *request" "zx_status_t status" ${fields})
    prototype("zx_status_t ${name}_reply_${method}" "${list}" text)
    set(${out} "${text}" PARENT_SCOPE)
endfunction()

# ---- include/protocol/<name>.h --------------------------------------------------------------------

function(write_header name)
    string(TOUPPER ${name} upper)
    set(clients "")
    set(members "")
    set(replies "")
    set(sends "")
    set(numbers "")
    foreach(method IN LISTS methods)
        set(comment "")
        foreach(line IN LISTS ${method}_doc)
            string(APPEND comment "// ${line}\n")
        endforeach()
        client_prototype(${name} ${method} text)
        string(APPEND clients "\n${comment}${text};\n")
        send_prototype(${name} ${method} text)
        string(APPEND sends "${text};\n")
        in_parameters(${method} request fields)
        set(list "void *context" "const struct ipc_request *request" ${fields})
        prototype("    void (*${method})" "${list}" text)
        string(REPLACE "\n    " "\n        " text "${text}")
        string(APPEND members "${text};\n")
        reply_prototype(${name} ${method} text)
        string(APPEND replies "${text};\n")
        string(TOUPPER ${method} method_upper)
        math(EXPR ordinal "${id} * 65536 + ${${method}_ordinal}" OUTPUT_FORMAT HEXADECIMAL)
        string(APPEND numbers "#define ${upper}_ORDINAL_${method_upper} ${ordinal}u\n")
    endforeach()
    write(include/protocol/${name}.h "${c_notice}//
// ${doc}: protocol `${name}`, described in
// userspace/idl/${name}.cmake. No locks, no state: any thread may call anything.

#ifndef PROTOCOL_${upper}_H
#define PROTOCOL_${upper}_H

#include <stddef.h>
#include <stdint.h>

#include <ipc/ipc.h>
#include <zircon/errors.h>
#include <zircon/types.h>

#ifdef __cplusplus
#define _Static_assert static_assert
extern \"C\" {
#endif

#define ${upper}_PROTOCOL ${id}u
${declarations}
${numbers}
// ---- clients ------------------------------------------------------------------------------------
//
// Each sends a request and waits for its answer until the deadline. Handles given are consumed
// whatever comes of it. What is pointed to by `out_` is set on ZX_OK only (handles: else
// ZX_HANDLE_INVALID) and may be NULL, a handle is closed then. Status of the answer, or:
// ZX_ERR_OUT_OF_RANGE: a string or bytes longer than the protocol has; nothing was sent.
// ZX_ERR_BUFFER_TOO_SMALL: the answer's bytes do not fit the capacity; they are lost.
// ZX_ERR_PEER_CLOSED, ZX_ERR_TIMED_OUT; ZX_ERR_IO: the answer was malformed; others of
// zx_channel_call().
${clients}
// The same requests, sent without waiting: the answer, of this txid, is for ipc_read_status().
// Handles are consumed. ZX_ERR_OUT_OF_RANGE, or a status of zx_channel_write().
${sends}
// ---- servers ------------------------------------------------------------------------------------

// One function a method; NULL: answered with ZX_ERR_NOT_SUPPORTED. Each must answer exactly once,
// now or later, with ${name}_reply_<method>(); `*request` may be copied for that, the other
// pointers are good until the function returns. Handles are the function's.
struct ${name}_server {
${members}};

// Answers a request. With a status other than ZX_OK the fields are not sent (pointers may be NULL).
// Handles are consumed always. ZX_OK, or the status of zx_channel_write(): the client got no
// answer, and the connection should be closed.
${replies}
// Hands a message of this protocol to `server`, a struct ${name}_server. For struct ipc_binding.
void ${name}_dispatch(const void *server, void *context, struct ipc_message *message);

// The binding of a server for ipc_serve_one().
static inline struct ipc_binding ${name}_binding(const struct ${name}_server *server, void *context)
{
    struct ipc_binding binding = {${upper}_PROTOCOL, ${name}_dispatch, server, context};

    return binding;
}

#ifdef __cplusplus
}
#undef _Static_assert
#endif

#endif
")
endfunction()

# ---- protocols/<name>.c ----------------------------------------------------------------------------

# The wire structure and the shape of one side.
function(side_source name method side out)
    set(prefix ${name}_${method}_${side})
    set(text "\nstruct ${prefix} {\n    struct ipc_header header;\n${${method}_${side}_members}};\n")
    string(APPEND text
           "_Static_assert(sizeof(struct ${prefix}) == ${${method}_${side}_size}, \"wire format\");\n")
    set(variables "")
    foreach(field IN LISTS ${method}_${side}_variables)
        set(string false)
        if(${method}_${side}_field_${field} STREQUAL "string")
            set(string true)
        endif()
        string(APPEND variables "        {offsetof(struct ${prefix}, ${field}_size), "
               "${${method}_${side}_field_${field}_max}, ${string}},\n")
    endforeach()
    set(presents "")
    foreach(field IN LISTS ${method}_${side}_handles)
        if(${method}_${side}_field_${field} STREQUAL "optional")
            string(APPEND presents "offsetof(struct ${prefix}, ${field}_present), ")
        else()
            string(APPEND presents "0, ")
        endif()
    endforeach()
    list(LENGTH ${method}_${side}_variables variable_count)
    list(LENGTH ${method}_${side}_handles handle_count)
    string(APPEND text "static const struct ipc_shape ${prefix}_shape = {\n"
           "    .size = sizeof(struct ${prefix}),\n"
           "    .variable_count = ${variable_count},\n    .handle_count = ${handle_count},\n")
    if(variable_count)
        string(APPEND text "    .variables = {\n${variables}    },\n")
    endif()
    if(handle_count)
        string(REGEX REPLACE ", $" "" presents "${presents}")
        string(APPEND text "    .present_at = {${presents}},\n")
    endif()
    set(${out} "${text}};\n" PARENT_SCOPE)
endfunction()

# Initialisers that put the fields given as parameters into a wire structure; <through> is "*" if
# structures come as pointers that may be NULL.
function(fill method side out)
    set(text "")
    foreach(field IN LISTS ${method}_${side}_scalars)
        if(${method}_${side}_field_${field} STREQUAL "structure")
            string(APPEND text "    if (${field} != NULL)\n        ${side}.${field} = *${field};\n")
        else()
            string(APPEND text "    ${side}.${field} = ${field};\n")
        endif()
    endforeach()
    set(${out} "${text}" PARENT_SCOPE)
endfunction()

# The members .parts and .handles of a call or an answer.
function(payload method side out)
    set(text "")
    set(parts "")
    foreach(field IN LISTS ${method}_${side}_variables)
        list(APPEND parts "{${field}, ${field}_size}")
    endforeach()
    if(parts)
        list(JOIN parts ", " parts)
        string(APPEND text "        .parts = {${parts}},\n")
    endif()
    if(${method}_${side}_handles)
        list(JOIN ${method}_${side}_handles ", " handles)
        string(APPEND text "        .handles = {${handles}},\n")
    endif()
    set(${out} "${text}" PARENT_SCOPE)
endfunction()

function(client_source name method out)
    string(TOUPPER ${name}_ORDINAL_${method} ordinal)
    client_prototype(${name} ${method} head)
    string(CONCAT text "\n${head}\n{\n"
           "    struct ${name}_${method}_request request = {0};\n"
           "    struct ${name}_${method}_reply reply;\n")
    payload(${method} request payload)
    string(APPEND text "    struct ipc_call call = {\n"
           "        .channel = channel,\n        .deadline = deadline,\n"
           "        .ordinal = ${ordinal},\n"
           "        .request_shape = &${name}_${method}_request_shape,\n"
           "        .reply_shape = &${name}_${method}_reply_shape,\n"
           "        .request = &request,\n        .reply = &reply,\n"
           "${payload}")
    set(rooms "")
    foreach(field IN LISTS ${method}_reply_variables)
        list(APPEND rooms "{${field}, ${field}_capacity, out_${field}_size}")
    endforeach()
    if(rooms)
        list(JOIN rooms ", " rooms)
        string(APPEND text "        .rooms = {${rooms}},\n")
    endif()
    if(${method}_reply_handles)
        list(TRANSFORM ${method}_reply_handles PREPEND out_ OUTPUT_VARIABLE handles)
        list(JOIN handles ", " handles)
        string(APPEND text "        .out_handles = {${handles}},\n")
    endif()
    fill(${method} request filled)
    string(APPEND filled "    call.buffer_size = ipc_call_size(&call);\n"
           "    call.buffer = __builtin_alloca(call.buffer_size);\n")
    string(APPEND text "    };\n")
    if(${method}_reply_scalars)
        string(APPEND text "    zx_status_t status;\n\n${filled}    status = ipc_call(&call);\n"
               "    if (status != ZX_OK)\n        return status;\n")
        foreach(field IN LISTS ${method}_reply_scalars)
            string(APPEND text
                   "    if (out_${field} != NULL)\n        *out_${field} = reply.${field};\n")
        endforeach()
        string(APPEND text "    return ZX_OK;\n}\n")
    else()
        string(APPEND text "\n${filled}    return ipc_call(&call);\n}\n")
    endif()
    set(${out} "${text}" PARENT_SCOPE)
endfunction()

function(send_source name method out)
    string(TOUPPER ${name}_ORDINAL_${method} ordinal)
    send_prototype(${name} ${method} head)
    fill(${method} request filled)
    payload(${method} request payload)
    set(${out} "
${head}
{
    struct ${name}_${method}_request request = {0};
    struct ipc_call call = {
        .channel = channel,
        .ordinal = ${ordinal},
        .request_shape = &${name}_${method}_request_shape,
        .reply_shape = &${name}_${method}_reply_shape,
        .request = &request,
${payload}    };

${filled}    call.buffer_size = ipc_call_size(&call);
    call.buffer = __builtin_alloca(call.buffer_size);
    return ipc_send(&call, txid);
}
" PARENT_SCOPE)
endfunction()

function(reply_source name method out)
    reply_prototype(${name} ${method} head)
    fill(${method} reply filled)
    payload(${method} reply payload)
    set(${out} "
${head}
{
    struct ${name}_${method}_reply reply = {0};
    struct ipc_answer answer = {
        .request = request,
        .status = status,
        .shape = &${name}_${method}_reply_shape,
        .reply = &reply,
${payload}    };

${filled}    answer.buffer_size = ipc_answer_size(&answer);
    answer.buffer = __builtin_alloca(answer.buffer_size);
    return ipc_answer(&answer);
}
" PARENT_SCOPE)
endfunction()

function(case_source name method out)
    string(TOUPPER ${name}_ORDINAL_${method} ordinal)
    set(arguments "context" "request")
    set(part 0)
    set(handle 0)
    foreach(field IN LISTS ${method}_request_names)
        set(kind ${${method}_request_field_${field}})
        if(kind MATCHES "^(string|bytes)$")
            list(APPEND arguments "parts[${part}].data" "parts[${part}].size")
            math(EXPR part "${part} + 1")
        elseif(kind STREQUAL "structure")
            list(APPEND arguments "&fields.${field}")
        elseif(kind STREQUAL "scalar")
            list(APPEND arguments "fields.${field}")
        else()
            list(APPEND arguments "handles[${handle}]")
            math(EXPR handle "${handle} + 1")
        endif()
    endforeach()
    set(indent "            ")
    prototype("${indent}ops->${method}" "${arguments}" call)
    string(REPLACE "\n    " "\n${indent}    " call "${call}")
    set(${out} "    case ${ordinal}: {
        struct ${name}_${method}_request fields;

        if (ops->${method} == NULL)
            ipc_refuse(message, ZX_ERR_NOT_SUPPORTED);
        else if (ipc_unpack(message, &${name}_${method}_request_shape, &fields, parts, handles))
${call};
        break;
    }
" PARENT_SCOPE)
endfunction()

function(write_source name)
    set(text "${c_notice}//
// Clients and servers of protocol `${name}`: each method's messages, handed to the runtime with the
// shapes that it checks. No locks, no state.

#include <protocol/${name}.h>
")
    set(cases "")
    foreach(method IN LISTS methods)
        foreach(side request reply)
            side_source(${name} ${method} ${side} part)
            string(APPEND text "${part}")
        endforeach()
        if(${method}_request_maximum GREATER 20480 OR ${method}_reply_maximum GREATER 20480)
            message(FATAL_ERROR "${name} ${method}: longer than IPC_MAX_BYTES")
        endif()
        client_source(${name} ${method} part)
        string(APPEND text "${part}")
        send_source(${name} ${method} part)
        string(APPEND text "${part}")
        reply_source(${name} ${method} part)
        string(APPEND text "${part}")
        case_source(${name} ${method} part)
        string(APPEND cases "${part}")
    endforeach()
    string(APPEND text "
void ${name}_dispatch(const void *server, void *context, struct ipc_message *message)
{
    const struct ${name}_server *ops = server;
    const struct ipc_request *request = &message->request;
    struct ipc_part parts[IPC_MAX_VARIABLES];
    zx_handle_t handles[IPC_MAX_HANDLES];

    switch (request->ordinal) {
${cases}    default:
        ipc_refuse(message, ZX_ERR_NOT_SUPPORTED);
        break;
    }
}
")
    write(protocols/${name}.c "${text}")
endfunction()
