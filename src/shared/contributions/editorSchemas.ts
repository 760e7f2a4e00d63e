/** The JSON schemas that the build writes for editors. */
export { editorSchema as runConfigForEditor } from '../config/runConfigSchema';
export { studySchema } from '../study/studySchema';
