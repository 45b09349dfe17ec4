// SPDX-License-Identifier: MIT
//
// libc.a carries copies of the libraries elfload, launch and loader (userspace/lib) under these
// names: a program may define anything, or link with those libraries itself. Included in front of
// each of their files and of those that use them.
#pragma once

#define elfload_check_interpreter      __spawn_elfload_check_interpreter
#define elfload_map                    __spawn_elfload_map
#define elfload_parse_header           __spawn_elfload_parse_header
#define elfload_parse_segments         __spawn_elfload_parse_segments
#define elfload_read                   __spawn_elfload_read
#define elfload_read_interpreter       __spawn_elfload_read_interpreter
#define launch                         __spawn_launch
#define launch_message_size            __spawn_launch_message_size
#define launching_handle_count         __spawn_launching_handle_count
#define launching_measure              __spawn_launching_measure
#define launching_send_loader_message  __spawn_launching_send_loader_message
#define launching_send_main_message    __spawn_launching_send_main_message
#define loader_build_reply             __spawn_loader_build_reply
#define loader_build_request           __spawn_loader_build_request
#define loader_clone                   __spawn_loader_clone
#define loader_load_object             __spawn_loader_load_object
#define loader_load_script_interpreter __spawn_loader_load_script_interpreter
#define loader_name_is_plain           __spawn_loader_name_is_plain
#define loader_parse_reply             __spawn_loader_parse_reply
#define loader_parse_request           __spawn_loader_parse_request
#define loader_set_config              __spawn_loader_set_config
// The start code's copies.
#define processargs_build __start_processargs_build
#define processargs_size  __start_processargs_size
