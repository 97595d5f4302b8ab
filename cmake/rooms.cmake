# One static library for each room of src/ (see src/README.md), so that a room can only link what it declares.
add_library(fettle_settings INTERFACE)
target_include_directories(fettle_settings INTERFACE ${PROJECT_SOURCE_DIR}/src)
target_compile_options(fettle_settings INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror=switch -Werror=return-type)
target_compile_definitions(fettle_settings INTERFACE FETTLE_VERSION="${PROJECT_VERSION}")
if(FETTLE_WERROR)
  target_compile_options(fettle_settings INTERFACE -Werror)
endif()
if(FETTLE_SANITIZE)
  target_compile_options(fettle_settings INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(fettle_settings INTERFACE -fsanitize=address,undefined)
  target_compile_definitions(fettle_settings INTERFACE FETTLE_SANITIZED=1)
endif()
if(FETTLE_FUZZ)
  target_compile_options(fettle_settings INTERFACE -fsanitize=fuzzer-no-link)
endif()

# add_room(NAME [ROOMS lower rooms...] [LIBRARIES outside libraries...])
function(add_room name)
  cmake_parse_arguments(ROOM "" "" "ROOMS;LIBRARIES" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.cpp)
  add_library(${name} STATIC ${sources})
  target_link_libraries(${name} PUBLIC fettle_settings ${ROOM_ROOMS} PRIVATE ${ROOM_LIBRARIES})
endfunction()

# Texts that go into the binary as they are: written as files of their own, not as strings in C++. Changing one
# configures anew.

# embed_text(ROOM HEADER FUNCTION FILE): defines ROOM::FUNCTION, which HEADER declares.
function(embed_text room header function file)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
  file(READ ${file} EMBEDDED)
  file(CONFIGURE OUTPUT ${room}_${function}.cpp @ONLY CONTENT [[
#include "@header@"

std::string_view @room@::@function@() noexcept {
  return R"embedded(@EMBEDDED@)embedded";
}
]])
  target_sources(${room} PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/${room}_${function}.cpp)
endfunction()

# embed_texts(ROOM HEADER TYPE FUNCTION PART FILES): the same for all files that fit, as a table of {name, text} by name;
# PART: how much of the path is the name, STEM or FILENAME.
function(embed_texts room header type function part files)
  file(GLOB paths CONFIGURE_DEPENDS ${files})
  list(SORT paths)
  set(EMBEDDED "")
  foreach(path IN LISTS paths)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${path})
    cmake_path(GET path ${part} name)
    file(READ ${path} text)
    string(APPEND EMBEDDED "      {\"${name}\", R\"embedded(${text})embedded\"},\n")
  endforeach()
  file(CONFIGURE OUTPUT ${room}_${function}.cpp @ONLY CONTENT [[
#include "@header@"

std::span<const @room@::@type@> @room@::@function@() noexcept {
  static constexpr @type@ list[] = {
@EMBEDDED@  };
  return list;
}
]])
  target_sources(${room} PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/${room}_${function}.cpp)
endfunction()
