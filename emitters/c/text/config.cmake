# find_package($name CONFIG) gives the target $name::$name.
if(NOT TARGET $name::$name)
  get_filename_component(${name}_prefix "$${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)
  add_library($name::$name STATIC IMPORTED)
  set_target_properties($name::$name PROPERTIES
    IMPORTED_LOCATION "$${${name}_prefix}/lib/lib${name}_network.a"
    INTERFACE_COMPILE_OPTIONS "-iquote$${${name}_prefix}/include/$name"
    INTERFACE_LINK_LIBRARIES -lm)
endif()
