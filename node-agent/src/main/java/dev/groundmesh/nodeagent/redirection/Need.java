package dev.groundmesh.nodeagent.redirection;

/**
 * Something that the agent needs of the machine.
 *
 * @param name what it is
 * @param met whether it is there
 * @param found what was found, or why it was not
 * @param remedy what to do; empty where it is met
 */
public record Need(String name, boolean met, String found, String remedy) {}
