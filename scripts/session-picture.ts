/** Writes the picture of a session that the README shows. `npm run pictures`, after what the program says changed. */
import { writeFileSync } from 'node:fs';
import { pictureFile, sessionPicture } from './session.ts';

writeFileSync(pictureFile, await sessionPicture());
