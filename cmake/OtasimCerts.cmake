# otasim_add_certs(): the target otasim_certs makes the test certificates in OTASIM_CERTS_DIR, in the
# build folder of whoever uses them; no key is ever committed.
function(otasim_add_certs)
  set(script ${OTASIM_ROOT}/certs/make_certs.sh)
  add_custom_command(
    OUTPUT ${OTASIM_CERTS_DIR}/stamp
    COMMAND ${CMAKE_COMMAND} -E env OPENSSL=${OPENSSL_PROGRAM} sh ${script} ${OTASIM_CERTS_DIR}
    DEPENDS ${script}
    COMMENT "Making the test certificates"
    VERBATIM)
  add_custom_target(otasim_certs ALL DEPENDS ${OTASIM_CERTS_DIR}/stamp)
endfunction()
