/** For programs: the published form, as the schema of the command describes it. */
import { jsonText, withoutSecrets } from '../../text/escape.ts';
import type { Document } from '../document.ts';

export const json = ({ published }: Document): string => jsonText(withoutSecrets(published));
